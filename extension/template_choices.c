/*
 * template_choices.c
 *	  What a person can choose from in a column of a template.
 */
#include "template_choices.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "profile_sql.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Nobody scrolls through more. */
#define MAX_CHOICES 1000

typedef struct ChoicesCall
{
	const Profile *profile;
	SPIPlanPtr	plan;
	Datum	   *arguments;
	TextList	list;			/* texts of the first column, without NULLs, which nobody can choose; empty when there are too many */
} ChoicesCall;

static void
execute_choices(void *argument)
{
	ChoicesCall *call = argument;
	MemoryContext caller = CurrentMemoryContext;
	TextList	list = {0, NULL};
	RoleSql		sql;

	role_sql_enter_query(&sql, call->profile->confined);
	SPI_connect();
	SPI_execute_plan(call->plan, call->arguments, NULL, true, MAX_CHOICES + 1);
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
choices_of_plan(const Profile *profile, SPIPlanPtr plan, Datum *arguments)
{
	ChoicesCall call = {profile, plan, arguments, {0, NULL}};
	ErrorData  *error = profile_sql_try(profile, execute_choices, &call);

	if (error != NULL)
		ReThrowError(error);
	return call.list;
}

static TextList
choices_of_query(const Profile *profile, const char *query, int count, Oid *types, Datum *arguments)
{
	return choices_of_plan(profile, profile_sql_prepare(profile, query, count, types), arguments);
}

static TextList
choices_of_enum(const Profile *profile, Oid type)
{
	Oid			types[] = {OIDOID};
	Datum		arguments[] = {ObjectIdGetDatum(type)};

	return choices_of_query(profile, "SELECT enumlabel::text FROM pg_catalog.pg_enum WHERE enumtypid = $1 ORDER BY enumsortorder",
							1, types, arguments);
}

static TextList
choices_of_lookup(const Profile *profile, const char *lookup)
{
	return choices_of_query(profile, psprintf("SELECT DISTINCT q.k::text FROM (%s\n) AS q (k, v) WHERE q.k IS NOT NULL ORDER BY 1",
											  lookup), 0, NULL, NULL);
}

/* Keys of the table that the column alone references, if the current role may read them. */
static TextList
choices_of_reference(const Profile *profile, AttrNumber attnum)
{
	Oid			types[] = {OIDOID, INT2OID};
	Datum		arguments[] = {ObjectIdGetDatum(profile->target), Int16GetDatum(attnum)};
	TextList	query = choices_of_query(profile,
										 "SELECT pg_catalog.format('SELECT %1$I::text FROM %2$I.%3$I ORDER BY %1$I', a.attname, n.nspname, r.relname)"
										 " FROM pg_catalog.pg_constraint c"
										 " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = c.confkey[1]"
										 " JOIN pg_catalog.pg_class r ON r.oid = c.confrelid"
										 " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
										 " WHERE c.conrelid = $1 AND c.contype = 'f' AND c.conkey = ARRAY[$2]"
										 " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
										 " AND pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT') LIMIT 1",
										 2, types, arguments);

	if (query.count == 0)
		return query;
	return choices_of_query(profile, query.items[0], 0, NULL, NULL);
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

	if (of->lookup != NULL)
		return choices_of_lookup(profile, of->lookup);
	if (of->transform != NULL)
		return (TextList) {0, NULL};	/* what it makes of a text is not known */
	if (rule.count > 0)
		return rule;
	if (type_is_enum(type))
		return choices_of_enum(profile, type);
	if (type == BOOLOID)
		return (TextList) {lengthof(booleans), booleans};
	return choices_of_reference(profile, of->attnum);
}
