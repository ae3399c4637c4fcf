/*
 * folder.c
 *	  Workbooks in a folder of the server, for schedules.
 *
 * Only regular files directly in the folder are seen. So a person who may put files there cannot
 * use a link or a path to make the server read other files.
 */
#include "pg/pg_xlsx.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "files/file_value.h"
#include "files/folder.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_list_folder);
PG_FUNCTION_INFO_V1(pg_xlsx_folder_file);

char *
folder_absolute(char *path)
{
	canonicalize_path(path);
	if (!is_absolute_path(path))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("folder must be an absolute path, not \"%s\"", path)));
	return path;
}

void
folder_check_name(const char *name)
{
	if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not the name of a file in a folder", name)));
}

static char *
folder_argument(FunctionCallInfo fcinfo)
{
	file_value_require_right();
	return folder_absolute(text_to_cstring(PG_GETARG_TEXT_PP(0)));
}

static void
put_file(ReturnSetInfo *result, const char *name, const struct stat *st)
{
	Datum		values[3] = {
		CStringGetTextDatum(name), Int64GetDatum((int64) st->st_size), TimestampTzGetDatum(time_t_to_timestamptz(st->st_mtime))
	};
	bool		nulls[3] = {false, false, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
pg_xlsx_list_folder(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *folder = folder_argument(fcinfo);
	char	   *pattern = text_to_cstring(PG_GETARG_TEXT_PP(1));
	DIR		   *directory = AllocateDir(folder);
	struct dirent *entry;

	InitMaterializedSRF(fcinfo, 0);
	while ((entry = ReadDir(directory, folder)) != NULL)
	{
		struct stat st;

		CHECK_FOR_INTERRUPTS();
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD | FNM_CASEFOLD) != 0)
			continue;
		/* a file that is gone by now counts as one that never existed */
		if (fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			put_file(result, entry->d_name, &st);
	}
	FreeDir(directory);
	return (Datum) 0;
}

Datum
pg_xlsx_folder_file(PG_FUNCTION_ARGS)
{
	char	   *folder = folder_argument(fcinfo);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	folder_check_name(name);
	PG_RETURN_DATUM(file_value_of_path(psprintf("%s/%s", folder, name), false));
}
