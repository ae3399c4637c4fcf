/*
 * installation.c
 *	  The name of this installation of the extension.
 */
#include "tables/installation.h"

#include "commands/extension.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"

const char *
installation_name(void)
{
	static PrivateStatement select = {"SELECT xlsx_private.installation()::text", 0, {0}, NULL};
	static char known[INSTALLATION_LENGTH + 1];
	static Oid	known_extension = InvalidOid;
	Oid			extension = get_extension_oid("pg_xlsx", false);
	PrivateRow	row;

	if (extension != known_extension)
	{
		private_sql_run(&select, NULL, NULL, &row);
		strlcpy(known, TextDatumGetCString(row.values[0]), sizeof(known));
		known_extension = extension;
	}
	return known;
}
