/*
 * keyed_look.c
 *	  Finds the rows of the target that have the keys of a batch.
 */
#include "saving/keyed_look.h"

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "saving/insert_sql.h"
#include "utils/builtins.h"
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

char *
keyed_same_key(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
		if (state->key.is_key[i])
			appendStringInfo(&sql, "%s%s", sql.len > 0 ? " AND " : "", keyed_equality(&profile->columns[i], i, false));
	return sql.data;
}

/*
 * given: the batch with its types. A blank cell has the target's default, so that importing the
 * same file again finds nothing to update.
 */
static char *
given(const Profile *profile, Oid *types)
{
	char	   *from = unnest_from(profile, types);
	StringInfoData select;

	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
	{
		appendStringInfoString(&select, "CAST(");
		insert_sql_source(&select, profile, i);
		appendStringInfo(&select, " AS %s) AS c%d, ", unnest_type_name(profile->columns[i].type), i);
	}
	return psprintf("SELECT %su.ord FROM %s", select.data, from);
}

void
keyed_look(StringInfo sql, KeyedState *state, const char *target, const char *match, const char *differs)
{
	const Profile *profile = state->task->profile;
	StringInfoData keys;
	const char *found = NULL;

	initStringInfo(&keys);
	for (int i = 0; i < profile->count; i++)
	{
		if (!state->key.is_key[i])
			continue;
		appendStringInfo(&keys, "%sg.c%d", keys.len > 0 ? ", " : "", i);
		found = quote_identifier(profile->columns[i].name);	/* a row of t has no NULL here when it equals a row of g */
	}
	appendStringInfo(sql, "WITH given AS MATERIALIZED (%s),", given(profile, state->types));
	appendStringInfo(sql, " twice AS (SELECT FROM given AS g GROUP BY %s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1),",
					 keys.data);
	appendStringInfo(sql, " looked AS MATERIALIZED (SELECT g.*, t.%s IS NOT NULL AS found, (%s) AS differs"
					 " FROM given AS g LEFT JOIN %s AS t ON %s)", found,
					 differs, target, match);
}
