/*
 * version.c
 *	  The version of this library, beside that of the SQL objects.
 */
#include "tables/version.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_extension.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pg_xlsx_library_version);
PG_FUNCTION_INFO_V1(pg_xlsx_version_order);

typedef struct Version
{
	int			major;
	int			minor;
} Version;

static bool
parse(const char *text, Version *version)
{
	int			length = 0;

	return sscanf(text, "%9d.%9d%n", &version->major, &version->minor, &length) == 2 &&
		(text[length] == '\0' || text[length] == '.');
}

/* Negative: a is older than b. 0: neither, or they cannot be compared. */
static int
compare(const char *a, const char *b)
{
	Version		first;
	Version		second;

	if (!parse(a, &first) || !parse(b, &second))
		return 0;
	return first.major != second.major ? first.major - second.major : first.minor - second.minor;
}

/* Of the SQL objects in this database; NULL if there are none. */
static char *
installed_version(void)
{
	Relation	extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("pg_xlsx"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		is_null;
		Datum		value = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(extensions), &is_null);

		version = is_null ? NULL : TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return version;
}

void
version_check(int level)
{
	static bool said = false;
	char	   *sql = said && level < ERROR ? NULL : installed_version();

	if (sql == NULL || compare(PG_XLSX_VERSION, sql) >= 0)
		return;
	said = true;
	ereport(level,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the loaded library of pg_xlsx has version %s, which is older than its SQL objects, %s", PG_XLSX_VERSION, sql),
			 errhint("Restart the server. It must be restarted after the packages are replaced, before ALTER EXTENSION UPDATE.")));
}

Datum
pg_xlsx_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(PG_XLSX_VERSION));
}

Datum
pg_xlsx_version_order(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1))));
}
