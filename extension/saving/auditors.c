/*
 * auditors.c
 *	  Lets modules that audit statements, such as pgaudit, hear of rows that no statement inserts.
 */
#include "saving/auditors.h"

#include "executor/executor.h"
#include "executor/spi.h"
#include "pg/compat.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static char *
insert_of_no_rows(const Profile *profile)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s (", quote_qualified_identifier(get_namespace_name(get_rel_namespace(profile->target)),
																		  get_rel_name(profile->target)));
	for (int i = 0; i < profile->count; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", quote_identifier(profile->columns[i].name));
	if (profile->task_attnum != InvalidAttrNumber)
		appendStringInfo(&sql, "%s%s", profile->count > 0 ? ", " : "",
						 quote_identifier(get_attname(profile->target, profile->task_attnum, false)));
	appendStringInfoString(&sql, ") SELECT ");
	for (int i = 0; i < profile->count + (profile->task_attnum != InvalidAttrNumber); i++)
		appendStringInfoString(&sql, i > 0 ? ", NULL" : "NULL");
	appendStringInfoString(&sql, " WHERE false");
	return sql.data;
}

void
auditors_hear_insert(const Profile *profile, LocalTransactionId *last)
{
	VirtualTransactionId now;
	char	   *sql;

	if (ExecutorCheckPerms_hook == NULL)
		return;
	compat_my_vxid(now);
	if (now.localTransactionId == *last)
		return;
	*last = now.localTransactionId;
	sql = insert_of_no_rows(profile);
	SPI_connect();
	if (SPI_execute(sql, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not execute \"%s\"", sql);
	SPI_finish();
}
