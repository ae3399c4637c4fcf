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

void
insert_sql_source(StringInfo select, const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];
	bool		falls_back = column_default_exists(profile, column);

	if (falls_back)
		appendStringInfoString(select, "coalesce(");
	if (column->class == COLUMN_OTHER)
		appendStringInfo(select, "CAST(u.c%d AS %s)", i, unnest_type_name(column->type));
	else
		appendStringInfo(select, "u.c%d", i);
	if (falls_back)
		appendStringInfo(select, ", %s)", column_default_sql(profile, column));
}

char *
insert_sql_select(const Profile *profile)
{
	StringInfoData columns;
	StringInfoData select;

	initStringInfo(&columns);
	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
	{
		const char *comma = i > 0 ? ", " : "";

		appendStringInfo(&columns, "%s%s", comma, quote_identifier(profile->columns[i].name));
		appendStringInfoString(&select, comma);
		insert_sql_source(&select, profile, i);
	}
	if (profile->task_attnum != InvalidAttrNumber)
	{
		appendStringInfo(&columns, ", %s", quote_identifier(get_attname(profile->target, profile->task_attnum, false)));
		appendStringInfo(&select, ", CAST($%d AS %s)", profile->count + 1, unnest_type_name(profile->task_type));
	}
	return psprintf("(%s) SELECT %s", columns.data, select.data);
}

char *
insert_sql_statement(const Profile *profile, Oid *types)
{
	char	   *schema = get_namespace_name(get_rel_namespace(profile->target));

	types[profile->count] = INT8OID;
	return psprintf("INSERT INTO %s AS t %s FROM %s WHERE xlsx_private.mark_row(u.ord)",
					quote_qualified_identifier(schema, get_rel_name(profile->target)),
					insert_sql_select(profile), unnest_from(profile, types));
}
