/*
 * insert_sql.c
 *	  The SQL that inserts the rows of a batch.
 */
#include "saving/insert_sql.h"

#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "saving/column_default.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Column i of "u" as it was given. */
static char *
raw_value(const Profile *profile, int i, Oid type)
{
	if (profile->columns[i].class == COLUMN_OTHER)
		return psprintf("CAST(u.c%d AS %s)", i, unnest_type_name(type));
	return psprintf("u.c%d", i);
}

char *
insert_sql_given(const Profile *profile, int i)
{
	return raw_value(profile, i, getBaseType(profile->columns[i].type));
}

/* The same with the default in place of NULL. */
static char *
filled_value(const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];
	char	   *raw = raw_value(profile, i, column->type);

	return column_default_exists(profile, column) ? psprintf("coalesce(%s, %s)", raw, column_default_sql(profile, column)) : raw;
}

char *
insert_sql_key(const Profile *profile, int i)
{
	/* Nothing may be drawn from a sequence to look for a row. */
	if (OidIsValid(column_default_sequence(profile->target, profile->columns[i].attnum)))
		return raw_value(profile, i, profile->columns[i].type);
	return filled_value(profile, i);
}

char *
insert_sql_value(const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];
	char	   *filled = filled_value(profile, i);

	if (!unnest_is_marked(column) || !column_default_exists(profile, column))
		return filled;
	return psprintf("CASE WHEN u.b%d THEN %s ELSE %s END", i, filled, raw_value(profile, i, column->type));
}

char *
insert_sql_select(const Profile *profile)
{
	StringInfoData columns;
	StringInfoData select;
	bool		overrides = false;

	initStringInfo(&columns);
	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
	{
		const char *comma = i > 0 ? ", " : "";

		appendStringInfo(&columns, "%s%s", comma, quote_identifier(profile->columns[i].name));
		appendStringInfo(&select, "%s%s", comma, insert_sql_value(profile, i));
		overrides = overrides || column_is_always_identity(profile->target, profile->columns[i].attnum);
	}
	if (profile->task_attnum != InvalidAttrNumber)
	{
		appendStringInfo(&columns, ", %s", quote_identifier(get_attname(profile->target, profile->task_attnum, false)));
		appendStringInfo(&select, ", CAST($%d AS %s)", unnest_parameters(profile) + 1, unnest_type_name(profile->task_type));
	}
	return psprintf("(%s)%s SELECT %s", columns.data, overrides ? " OVERRIDING SYSTEM VALUE" : "", select.data);
}

char *
insert_sql_statement(const Profile *profile, Oid *types)
{
	char	   *schema = get_namespace_name(get_rel_namespace(profile->target));

	types[unnest_parameters(profile)] = INT8OID;
	return psprintf("INSERT INTO %s AS t %s FROM %s WHERE xlsx_private.mark_row(u.ord)",
					quote_qualified_identifier(schema, get_rel_name(profile->target)),
					insert_sql_select(profile), unnest_from_marked(profile, types));
}
