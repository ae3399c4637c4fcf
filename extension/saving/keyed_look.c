/*
 * keyed_look.c
 *	  Finds the rows of the target that have the keys of a batch.
 */
#include "saving/keyed_look.h"

#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "saving/column_default.h"
#include "saving/insert_sql.h"
#include "saving/keyed_tell.h"
#include "saving/save_mode.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

char *
keyed_equality(const ProfileColumn *column, int i, bool as_text)
{
	Oid			operator = lookup_type_cache(column->type, TYPECACHE_EQ_OPR)->eq_opr;
	bool		has_operator = OidIsValid(operator);
	const char *cast = has_operator ? "" : "::pg_catalog.text";
	Oid			type = has_operator ? column->type : TEXTOID;
	StringInfoData sql;

	if (!has_operator && !as_text)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify an equality operator for type %s", format_type_be(column->type))));
	initStringInfo(&sql);
	generate_operator_clause(&sql, psprintf("t.%s%s", quote_identifier(column->name), cast), type,
							 has_operator ? operator : TextEqualOperator, psprintf("g.c%d%s", i, cast), type);
	return sql.data;
}

/*
 * Can a row of the file be outside of the index? It then has no key, as for ON CONFLICT. In a mode
 * that inserts nothing no row would stand outside, so all have one.
 */
bool
keyed_has_outside(const SaveTask *task, const SaveKey *key)
{
	return key->unique.predicate != NULL && save_mode(task->mode)->inserts;
}

char *
keyed_part_value(const SaveKey *key, int k)
{
	return key->columns[k] >= 0 ? psprintf("g.c%d", key->columns[k]) : psprintf("g.k%d", k);
}

char *
keyed_same_key(const KeyedState *state)
{
	const SaveKey *key = &state->key;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int k = 0; k < key->unique.count; k++)
		appendStringInfo(&sql, "%s%s", k > 0 ? " AND " : "", unique_key_equals(&key->unique, k, keyed_part_value(key, k)));
	if (key->unique.predicate != NULL)
		appendStringInfo(&sql, " AND %s", unique_key_sql(key->unique.target, key->unique.predicate));
	if (keyed_has_outside(state->task, &state->key))
		appendStringInfoString(&sql, " AND g.keyed");
	return sql.data;
}

bool
keyed_has_own_form(const Profile *profile, const SaveKey *key, int i)
{
	return key->reads[i] && !key->is_key[i] && profile->columns[i].blank_cells != BLANK_DEFAULT;
}

/* A blank cell of the key has the target's default: that is the row that it made when it was imported before. */
char *
keyed_rows(const Profile *profile, const SaveKey *key, Oid *types)
{
	char	   *from = unnest_from_marked(profile, types);
	StringInfoData select;

	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];

		if (key->is_key[i])
			appendStringInfo(&select, "CAST(%s AS %s) AS c%d, ", insert_sql_key(profile, i), unnest_type_name(column->type), i);
		else if (column->blank_cells == BLANK_DEFAULT && !OidIsValid(column_default_sequence(profile->target, column->attnum)))
			appendStringInfo(&select, "CAST(%s AS %s) AS c%d, ", insert_sql_value(profile, i), unnest_type_name(column->type), i);
		else
			appendStringInfo(&select, "%s AS c%d, ", insert_sql_given(profile, i), i);
		if (keyed_has_own_form(profile, key, i))
			appendStringInfo(&select, "CAST(%s AS %s) AS d%d, ", insert_sql_key(profile, i), unnest_type_name(column->type), i);
		if (unnest_is_marked(column))
			appendStringInfo(&select, "u.b%d, ", i);
	}
	return psprintf("SELECT %su.ord FROM %s", select.data, from);
}

typedef struct RowOfV
{
	const Profile *profile;
	const SaveKey *key;
} RowOfV;

/* A column of a row of "v": that of the file, else the one that the target would give it. */
static char *
source_of_v(void *argument, AttrNumber attnum)
{
	const RowOfV *row = argument;
	const Profile *profile = row->profile;

	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return unique_key_collated(profile->target, attnum, psprintf("v.%c%d", keyed_has_own_form(profile, row->key, i) ? 'd' : 'c', i));
	return unique_key_collated(profile->target, attnum, column_default_unasked(profile->target, attnum));
}

char *
keyed_given(const SaveTask *task, const SaveKey *key, const char *given)
{
	RowOfV		row = {task->profile, key};
	StringInfoData sql;

	initStringInfo(&sql);
	for (int k = 0; k < key->unique.count; k++)
		if (key->columns[k] < 0)
			appendStringInfo(&sql, ", %s AS k%d",
							 unique_key_sql_over(key->unique.target, key->unique.parts[k].expression, source_of_v, &row), k);
	if (keyed_has_outside(task, key))
		appendStringInfo(&sql, ", %s AS keyed", unique_key_sql_over(key->unique.target, key->unique.predicate, source_of_v, &row));
	return sql.len > 0 ? psprintf("SELECT v.*%s FROM (%s) AS v", sql.data, given) : pstrdup(given);
}

char *
keyed_has_key(const SaveTask *task, const SaveKey *key)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int k = 0; k < key->unique.count && !key->unique.nulls_equal; k++)
		appendStringInfo(&sql, "%s%s IS NOT NULL", k > 0 ? " AND " : "", keyed_part_value(key, k));
	if (keyed_has_outside(task, key))
		appendStringInfo(&sql, "%sg.keyed", sql.len > 0 ? " AND " : "");
	return sql.len > 0 ? sql.data : "true";
}

/* Whether a row of "looked" has met one of the target. */
static char *
found_sql(const SaveKey *key)
{
	if (get_rel_relkind(key->unique.target) != RELKIND_VIEW)
		return pstrdup("t.tableoid IS NOT NULL");
	/* A row of a view has no NULL in its key when it equals a row of the file. */
	return psprintf("%s IS NOT NULL", unique_key_sql(key->unique.target, key->unique.parts[0].expression));
}

/* twice: keys that come more than once. */
static char *
twice(const KeyedState *state)
{
	const SaveKey *key = &state->key;
	StringInfoData values;

	initStringInfo(&values);
	for (int k = 0; k < key->unique.count; k++)
		appendStringInfo(&values, "%s%s", k > 0 ? ", " : "", unique_key_part_collated(&key->unique.parts[k], keyed_part_value(key, k)));
	return psprintf("SELECT FROM given AS g WHERE %s GROUP BY %s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1",
					keyed_has_key(state->task, key), values.data);
}

void
keyed_look(StringInfo sql, KeyedState *state, const char *target, const char *match, const char *differs, const char *lacks)
{
	const SaveKey *key = &state->key;

	appendStringInfo(sql, "WITH given AS MATERIALIZED (%s), twice AS (%s),",
					 keyed_given(state->task, key, keyed_rows(state->task->profile, key, state->types)), twice(state));
	appendStringInfo(sql, " looked AS MATERIALIZED (SELECT g.*, %s AS found, (%s) AS differs, (%s) AS lacks, %s%s"
					 " FROM given AS g LEFT JOIN %s AS t ON %s)", found_sql(key), differs, lacks,
					 state->may_doubt ? "t.tableoid AS part, CASE WHEN t.xmax OPERATOR(pg_catalog.<>) '0'::pg_catalog.xid THEN t.ctid END AS spot" :
					 "NULL::pg_catalog.oid AS part, NULL::pg_catalog.tid AS spot", keyed_told_look(state, found_sql(key)), target, match);
}
