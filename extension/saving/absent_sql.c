/*
 * absent_sql.c
 *	  The statements about rows of the target that the file lacks.
 */
#include "saving/absent_sql.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "lib/stringinfo.h"
#include "optimizer/optimizer.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "rewrite/rewriteHandler.h"
#include "saving/insert_sql.h"
#include "saving/keyed_look.h"
#include "saving/keyed_write.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static void
require_setting(const Profile *profile, const AbsentSetting *setting)
{
	if (get_attnum(profile->target, setting->column) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of absent does not exist in \"%s\"", setting->column, get_rel_name(profile->target))));
}

void
absent_sql_create(AbsentSql *sql, const SaveTask *task)
{
	const Profile *profile = task->profile;
	char		kind = get_rel_relkind(profile->target);
	ListCell   *cell;

	sql->keyed = (KeyedState) {.task = task,.may_hold = kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE};
	save_key_find(task, &sql->keyed.key);
	sql->needs = sql->keyed.key.needs;
	sql->reads = sql->keyed.key.reads;
	sql->action = absent_parse(profile->absent, &sql->settings);
	foreach(cell, sql->settings)
		require_setting(profile, lfirst(cell));
	sql->target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(profile->target)), get_rel_name(profile->target));
}

/*
 * Columns of the named rows
 */

static void
add_column(TupleDesc descriptor, int place, const char *name, Oid type)
{
	TupleDescInitEntry(descriptor, (AttrNumber) place, name, type, -1, 0);
	TupleDescInitEntryCollation(descriptor, (AttrNumber) place, get_typcollation(type));
}

TupleDesc
absent_sql_keys(const AbsentSql *sql)
{
	const Profile *profile = sql->keyed.task->profile;
	int			count = 1;
	int			place = 1;
	TupleDesc	descriptor;

	for (int i = 0; i < profile->count; i++)
		count += sql->reads[i];
	descriptor = CreateTemplateTupleDesc(count);
	for (int i = 0; i < profile->count; i++)
		if (sql->reads[i])
			add_column(descriptor, place++, psprintf("c%d", i), unnest_element(&profile->columns[i]));
	add_column(descriptor, place, "bad", BOOLOID);
	return descriptor;
}

/* The name of a part of the key in rows "g" (keyed_look.h). */
static char *
part_name(const AbsentSql *sql, int k)
{
	int			column = sql->keyed.key.columns[k];

	return column >= 0 ? psprintf("c%d", column) : psprintf("k%d", k);
}

static Oid
type_of_setting(const AbsentSql *sql, int k)
{
	const AbsentSetting *setting = list_nth(sql->settings, k);
	Oid			target = sql->keyed.task->profile->target;

	return get_atttype(target, get_attnum(target, setting->column));
}

TupleDesc
absent_sql_found(const AbsentSql *sql)
{
	const UniqueKey *key = &sql->keyed.key.unique;
	bool		undo = sql->keyed.task->undo;
	int			place = 1;
	TupleDesc	descriptor = CreateTemplateTupleDesc(key->count + 1 + list_length(sql->settings) + (undo ? 1 : 0));

	for (int k = 0; k < key->count; k++)
		add_column(descriptor, place++, part_name(sql, k), key->parts[k].type);
	add_column(descriptor, place++, "keyed", BOOLOID);
	for (int k = 0; k < list_length(sql->settings); k++)
		add_column(descriptor, place++, psprintf("m%d", k), type_of_setting(sql, k));
	if (undo)
		add_column(descriptor, place, "old", JSONBOID);
	return descriptor;
}

/*
 * Rows in scope
 */

/* "target AS r, params": the row, and the parameters unless a column of the target is called so. */
static char *
scope_from(const AbsentSql *sql)
{
	bool		hidden = get_attnum(sql->keyed.task->profile->target, PARAMS_NAME) != InvalidAttrNumber;

	return psprintf("%s AS " PROFILE_SQL_ROW "%s", sql->target, hidden ? "" : ", (SELECT $1::pg_catalog.jsonb AS " PARAMS_NAME ") AS p");
}

static const char *
scope_where(const AbsentSql *sql)
{
	const char *scope = sql->keyed.task->profile->scope;

	return scope != NULL ? scope : "true";
}

char *
absent_sql_count(const AbsentSql *sql)
{
	return psprintf("SELECT pg_catalog.count(*) FROM %s WHERE (%s\n)", scope_from(sql), scope_where(sql));
}

/* Does a blank cell of the column have a key all the same? Not where each row gets another default. */
static bool
has_default_key(const Profile *profile, const ProfileColumn *column)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	Node	   *expression = TupleDescAttr(RelationGetDescr(target), column->attnum - 1)->atthasdef ?
		build_column_default(target, column->attnum) : NULL;

	table_close(target, NoLock);
	return expression != NULL && !contain_volatile_functions(expression);
}

/* The keys of the file, as rows "g". */
static char *
given_keys(const AbsentSql *sql)
{
	const Profile *profile = sql->keyed.task->profile;
	const SaveKey *key = &sql->keyed.key;
	StringInfoData raw;
	StringInfoData columns;

	initStringInfo(&raw);
	initStringInfo(&columns);
	for (int i = 0; i < profile->count; i++)
	{
		if (!sql->reads[i])
			continue;
		appendStringInfoString(&raw, "CAST(");
		if (has_default_key(profile, &profile->columns[i]))
			appendStringInfoString(&raw, insert_sql_key(profile, i));
		else
			appendStringInfo(&raw, "u.c%d", i);
		appendStringInfo(&raw, " AS %s) AS %c%d, ", unnest_type_name(profile->columns[i].type), keyed_has_own_form(profile, key, i) ? 'd' : 'c', i);
	}
	for (int k = 0; k < key->unique.count; k++)
		appendStringInfo(&columns, "w.%s, ", part_name(sql, k));
	return psprintf("SELECT %s%s AS keyed FROM (%s) AS w", columns.data, keyed_has_outside(sql->keyed.task, &sql->keyed.key) ? "(w.bad OR w.keyed)" : "true",
					keyed_given(sql->keyed.task, &sql->keyed.key, psprintf("SELECT %su.bad FROM \"" ABSENT_KEYS "\" AS u", raw.data)));
}

/* The parts of the key of a row "t", and keyed; in *whole, that it has them all and that its index has it. */
static char *
own_key(const AbsentSql *sql, char **whole)
{
	const UniqueKey *key = &sql->keyed.key.unique;
	StringInfoData columns;
	StringInfoData conditions;

	initStringInfo(&columns);
	initStringInfo(&conditions);
	for (int k = 0; k < key->count; k++)
	{
		char	   *part = unique_key_sql(key->target, key->parts[k].expression);

		appendStringInfo(&columns, "%s AS %s, ", part, part_name(sql, k));
		if (!key->nulls_equal)
			appendStringInfo(&conditions, "(%s) IS NOT NULL AND ", part);
	}
	appendStringInfoString(&columns, "true AS keyed");
	appendStringInfoString(&conditions, key->predicate != NULL ? unique_key_sql(key->target, key->predicate) : "true");
	*whole = conditions.data;
	return columns.data;
}

/* What the settings make of a row "r", and on which condition that changes a row "t". */
static void
append_settings(const AbsentSql *sql, StringInfo values, StringInfo changes)
{
	for (int k = 0; k < list_length(sql->settings); k++)
	{
		const AbsentSetting *setting = list_nth(sql->settings, k);

		appendStringInfo(values, ", CAST((%s\n) AS %s) AS \"$m%d\"", setting->expression, unnest_type_name(type_of_setting(sql, k)), k);
		appendStringInfo(changes, "%sCAST(t.%s AS pg_catalog.text) IS DISTINCT FROM CAST(t.\"$m%d\" AS pg_catalog.text)",
						 changes->len > 0 ? " OR " : " AND (", quote_identifier(setting->column), k);
	}
	if (changes->len > 0)
		appendStringInfoChar(changes, ')');
}

char *
absent_sql_find(const AbsentSql *sql)
{
	const SaveTask *task = sql->keyed.task;
	char	   *whole;
	char	   *own = own_key(sql, &whole);
	StringInfoData values;
	StringInfoData changes;
	StringInfoData columns;

	initStringInfo(&values);
	initStringInfo(&changes);
	initStringInfo(&columns);
	append_settings(sql, &values, &changes);
	appendStringInfoString(&columns, own);
	for (int k = 0; k < list_length(sql->settings); k++)
		appendStringInfo(&columns, ", t.\"$m%d\"", k);
	if (task->undo)
		appendStringInfo(&columns, ", %s", keyed_row_texts(task->profile));
	return psprintf("SELECT %s FROM (SELECT " PROFILE_SQL_ROW ".*%s FROM %s WHERE (%s\n)) AS t"
					" WHERE %s AND NOT EXISTS (SELECT FROM (%s) AS g WHERE %s)%s",
					columns.data, values.data, scope_from(sql), scope_where(sql), whole, given_keys(sql), keyed_same_key(&sql->keyed),
					changes.data);
}

char *
absent_sql_lock(const AbsentSql *sql)
{
	return psprintf("SELECT 1 FROM %s AS t, \"" ABSENT_FOUND "\" AS g WHERE %s FOR UPDATE OF t", sql->target, keyed_same_key(&sql->keyed));
}

char *
absent_sql_remove(const AbsentSql *sql)
{
	const SaveTask *task = sql->keyed.task;
	char	   *texts = task->undo ? keyed_row_texts(task->profile) : NULL;
	StringInfoData settings;

	if (sql->action == ABSENT_DELETE)
		return psprintf("DELETE FROM %s AS t USING \"" ABSENT_FOUND "\" AS g WHERE %s RETURNING %s", sql->target, keyed_same_key(&sql->keyed),
						task->undo ? psprintf("%s, NULL::pg_catalog.jsonb", texts) : "1");
	initStringInfo(&settings);
	for (int k = 0; k < list_length(sql->settings); k++)
	{
		const AbsentSetting *setting = list_nth(sql->settings, k);

		appendStringInfo(&settings, "%s%s = g.m%d", k > 0 ? ", " : "", quote_identifier(setting->column), k);
	}
	return psprintf("UPDATE %s AS t SET %s FROM \"" ABSENT_FOUND "\" AS g WHERE %s RETURNING %s", sql->target, settings.data,
					keyed_same_key(&sql->keyed), task->undo ? psprintf("g.old, %s", texts) : "1");
}
