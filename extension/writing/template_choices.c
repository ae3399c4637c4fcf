/*
 * template_choices.c
 *	  The values that a user can choose from in a column of a template.
 */
#include "writing/template_choices.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "profile/enum_labels.h"
#include "profile/params.h"
#include "profile/profile_trust.h"
#include "profile/sql.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

/* A longer list is of no use in a drop-down. */
#define MAX_CHOICES 1000

typedef struct ChoicesCall
{
	const Profile *profile;
	SPIPlanPtr	plan;
	TextList	list;			/* texts of the first column without NULL; empty when there are too many */
} ChoicesCall;

static void
execute_choices(void *argument)
{
	ChoicesCall *call = argument;
	MemoryContext caller = CurrentMemoryContext;
	TextList	list = {0, NULL};
	Datum		values[] = {params_datum(call->profile)};
	RoleSql		sql;

	role_sql_enter_query(&sql, call->profile->confined);
	SPI_connect();
	SPI_execute_plan(call->plan, values, NULL, true, MAX_CHOICES + 1);
	if (SPI_processed <= MAX_CHOICES)
	{
		list.items = MemoryContextAlloc(caller, sizeof(char *) * (size_t) (SPI_processed + 1));
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			char	   *text = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

			if (text != NULL)
				list.items[list.count++] = MemoryContextStrdup(caller, text);
		}
	}
	SPI_finish();
	role_sql_leave(&sql);
	call->list = list;
}

static TextList
choices_of_query(const Profile *profile, const char *query)
{
	Oid			types[] = {JSONBOID};
	ChoicesCall call = {profile, profile_sql_prepare(profile, query, lengthof(types), types), {0, NULL}};
	ErrorData  *error = profile_sql_try(profile, execute_choices, &call);

	if (error != NULL)
		ReThrowError(error);
	return call.list;
}

static TextList
choices_of_enum(Oid type)
{
	TextList	labels = enum_labels(type);

	return labels.count <= MAX_CHOICES ? labels : (TextList) {0, NULL};
}

/* May the current role import with the profile? */
static bool
may_import(const Profile *profile)
{
	Datum		schema = ObjectIdGetDatum(get_rel_namespace(profile->target));

	return DatumGetBool(DirectFunctionCall2(has_schema_privilege_id, schema, CStringGetTextDatum("USAGE"))) &&
		DatumGetBool(DirectFunctionCall2(has_any_column_privilege_id, ObjectIdGetDatum(profile->target), CStringGetTextDatum("INSERT")));
}

/*
 * May SQL of the profile's author run as the current role? This call is not an import. So it
 * trusts the owner of the target only when the role may import, because then that owner could run
 * his triggers as the role anyway.
 */
static bool
may_run(const Profile *profile, Oid author)
{
	return author == GetUserId() || superuser_arg(author) || (may_import(profile) && profile_trusts(profile, author));
}

static TextList
choices_of_lookup(const Profile *profile, const char *lookup)
{
	if (!may_run(profile, profile->owner))
		return (TextList) {0, NULL};
	return choices_of_query(profile, psprintf("SELECT DISTINCT q.k::text FROM %s WHERE q.k IS NOT NULL ORDER BY 1",
											  params_lookup(lookup, 1)));
}

typedef struct Reference
{
	Oid			table;
	Oid			owner;
	char	   *query;			/* for values of its key */
} Reference;

/*
 * Finds the table that the column references by itself, if the current role may read its key.
 * Returns false when there is none. A cast to text runs code of the type's author, so only
 * built-in types are cast.
 */
static bool
find_reference(const Profile *profile, AttrNumber attnum, Reference *reference)
{
	static PrivateStatement select = {
		"SELECT r.oid, r.relowner, format(CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN 'SELECT %1$I::text FROM %2$I.%3$I ORDER BY %1$I'"
		" ELSE 'SELECT pg_catalog.format(''%%s'', %1$I) FROM %2$I.%3$I ORDER BY 1' END, a.attname, n.nspname, r.relname)"
		" FROM pg_constraint c"
		" JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = c.confkey[1]"
		" JOIN pg_type t ON t.oid = a.atttypid"
		" JOIN pg_class r ON r.oid = c.confrelid"
		" JOIN pg_namespace n ON n.oid = r.relnamespace"
		" WHERE c.conrelid = $1 AND c.contype = 'f' AND c.conkey = ARRAY[$2]"
		" AND has_schema_privilege($3, n.oid, 'USAGE') AND has_column_privilege($3, r.oid, a.attnum, 'SELECT') LIMIT 1",
		3, {OIDOID, INT2OID, OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(profile->target), Int16GetDatum(attnum), ObjectIdGetDatum(GetUserId())};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return false;
	*reference = (Reference) {DatumGetObjectId(row.values[0]), DatumGetObjectId(row.values[1]), private_sql_text(&row, 2)};
	return true;
}

/* Policies of the referenced table are SQL of its owner, and an import would not run them. */
static TextList
choices_of_reference(const Profile *profile, AttrNumber attnum)
{
	Reference	reference;

	if (!find_reference(profile, attnum, &reference) ||
		(check_enable_rls(reference.table, InvalidOid, true) == RLS_ENABLED && !may_run(profile, reference.owner)))
		return (TextList) {0, NULL};
	return choices_of_query(profile, reference.query);
}

static TextList
choices_of_rule(const Profile *profile, int column)
{
	for (int i = 0; i < profile->rule_count; i++)
		if (profile->rules[i].column == column && profile->rules[i].kind == RULE_ONE_OF && !profile->rules[i].warning)
			return profile->rules[i].argument;
	return (TextList) {0, NULL};
}

TextList
template_choices(const Profile *profile, int column)
{
	static char *booleans[] = {"TRUE", "FALSE"};
	const ProfileColumn *of = &profile->columns[column];
	Oid			type = getBaseType(of->type);
	TextList	rule = choices_of_rule(profile, column);

	if (of->multiple != NULL)
		return (TextList) {0, NULL};	/* the cell takes several */
	if (of->lookup != NULL)
		return choices_of_lookup(profile, of->lookup);
	if (of->transform != NULL)
		return (TextList) {0, NULL};	/* it is not known what the transformation makes of a text */
	if (rule.count > 0)
		return rule;
	if (type_is_enum(type))
		return choices_of_enum(type);
	if (type == BOOLOID)
		return (TextList) {lengthof(booleans), booleans};
	return choices_of_reference(profile, of->attnum);
}
