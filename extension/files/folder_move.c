/*
 * folder_move.c
 *	  Moves workbooks from a folder of the server to another one, for schedules.
 *
 * People who put files into the folder may not make the server move anything else. So a name is
 * one in the folder itself, the file is the regular file that was read, no part of the way to the
 * other folder is a link, and neither folder is within the data directory. A move is one step and
 * overwrites nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pg/pg_xlsx.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "files/file_value.h"
#include "files/folder.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_folder_to_move_to);
PG_FUNCTION_INFO_V1(pg_xlsx_move_file);

/* So many files of one name get a number in the other folder; then the move fails. */
#define MOST_OF_ONE_NAME 10000

typedef struct Move
{
	const char *from_path;
	const char *to_path;
	int			from;			/* descriptors; -1: closed */
	int			to;
	int			file;
} Move;

static void
require_write_right(void)
{
	file_value_require_right();
	if (!has_privs_of_role(GetUserId(), ROLE_PG_WRITE_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to move files of the server"),
				 errdetail("Only roles with privileges of the \"%s\" role may.", "pg_write_server_files")));
}

static void
close_move(Move *move)
{
	int			saved = errno;

	if (move->file >= 0)
		close(move->file);
	if (move->to >= 0)
		close(move->to);
	if (move->from >= 0)
		close(move->from);
	move->file = move->to = move->from = -1;
	errno = saved;
}

static void
fail(Move *move, const char *what, const char *path)
{
	close_move(move);
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not %s \"%s\": %m", what, path)));
}

/* Opens a folder without following any link. -1: errno says why. */
static int
open_strictly(const char *path)
{
	char	   *rest = pstrdup(path);
	int			folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char	   *place;

	for (char *part = strtok_r(rest, "/", &place); part != NULL && folder >= 0; part = strtok_r(NULL, "/", &place))
	{
		int			next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int			saved = errno;

		close(folder);
		errno = saved;
		folder = next;
	}
	pfree(rest);
	return folder;
}

static void
open_folders(Move *move)
{
	move->file = move->to = -1;
	move->from = open(move->from_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (move->from < 0)
		fail(move, "open directory", move->from_path);
	move->to = open_strictly(move->to_path);
	if (move->to < 0)
		fail(move, "open directory", move->to_path);
}

static char *
real_folder(const char *path)
{
	char		resolved[PATH_MAX];

	if (realpath(path, resolved) == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open directory \"%s\": %m", path)));
	return pstrdup(resolved);
}

static void
refuse_data_directory(const char *path)
{
	char	   *folder = real_folder(path);
	char	   *data = real_folder(DataDir);

	if (path_is_prefix_of_path(data, folder))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("folder \"%s\" is in the data directory", path),
				 errdetail("Nothing is moved out of it or into it.")));
}

/* Both must be folders, different ones, on one file system: there alone a move is one step. */
static void
check_pair(Move *move)
{
	struct stat from;
	struct stat to;
	bool		same;
	bool		apart;

	open_folders(move);
	if (fstat(move->from, &from) != 0 || fstat(move->to, &to) != 0)
		fail(move, "look at directory", move->to_path);
	same = from.st_dev == to.st_dev && from.st_ino == to.st_ino;
	apart = from.st_dev != to.st_dev;
	if (!same && !apart)
		return;
	close_move(move);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg(same ? "files cannot be moved from folder \"%s\" to itself" : "folder \"%s\" and the folder that files are moved to are on different file systems",
					move->from_path),
			 same ? 0 : errdetail("A file is moved in one step, so that nobody finds a part of it; \"%s\" is elsewhere.", move->to_path)));
}

/* The other folder of a schedule, checked and without links: the form in which it is kept. */
Datum
pg_xlsx_folder_to_move_to(PG_FUNCTION_ARGS)
{
	Move		move = {folder_absolute(text_to_cstring(PG_GETARG_TEXT_PP(0)))};
	char	   *to = folder_absolute(text_to_cstring(PG_GETARG_TEXT_PP(1)));

	require_write_right();
	refuse_data_directory(move.from_path);
	refuse_data_directory(to);
	move.to_path = real_folder(to);
	check_pair(&move);
	close_move(&move);
	PG_RETURN_TEXT_P(cstring_to_text(move.to_path));
}

/* "a.xlsx", "a (2).xlsx", "a (3).xlsx" … */
static char *
name_for(const char *name, int no)
{
	const char *dot = strrchr(name, '.');
	int			stem = dot == NULL || dot == name ? (int) strlen(name) : (int) (dot - name);

	return no == 1 ? pstrdup(name) : psprintf("%.*s (%d)%s", stem, name, no, name + stem);
}

/* Overwrites nothing: EEXIST. File systems that cannot do it in one call can link the file and remove the old name. */
static bool
rename_keeping(const Move *move, const char *name, const char *to)
{
	if (renameat2(move->from, name, move->to, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	return linkat(move->from, name, move->to, to, 0) == 0 && unlinkat(move->from, name, 0) == 0;
}

/* The file as it was read: somebody may have put another one in its place since. */
static void
open_file(Move *move, const char *name, int64 size, TimestampTz modified)
{
	struct stat st;

	move->file = openat(move->from, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (move->file < 0 || fstat(move->file, &st) != 0)
		fail(move, "open file", name);
	if (S_ISREG(st.st_mode) && (int64) st.st_size == size && time_t_to_timestamptz(st.st_mtime) == modified)
		return;
	close_move(move);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("file \"%s\" has changed since it was read", name)));
}

/* What was moved is what was opened; anything else goes back. */
static void
confirm(Move *move, const char *name, const char *to)
{
	struct stat opened;
	struct stat moved;
	bool		same;

	if (fstat(move->file, &opened) != 0 || fstatat(move->to, to, &moved, AT_SYMLINK_NOFOLLOW) != 0)
		fail(move, "look at file", to);
	same = opened.st_dev == moved.st_dev && opened.st_ino == moved.st_ino;
	if (!same)
		(void) renameat2(move->to, to, move->from, name, RENAME_NOREPLACE);
	close_move(move);
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("file \"%s\" has changed since it was read", name)));
}

Datum
pg_xlsx_move_file(PG_FUNCTION_ARGS)
{
	Move		move = {folder_absolute(text_to_cstring(PG_GETARG_TEXT_PP(0))), text_to_cstring(PG_GETARG_TEXT_PP(2))};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *to = NULL;

	require_write_right();
	folder_check_name(name);
	refuse_data_directory(move.from_path);
	refuse_data_directory(move.to_path);
	open_folders(&move);
	open_file(&move, name, PG_GETARG_INT64(3), PG_GETARG_TIMESTAMPTZ(4));
	for (int no = 1; no <= MOST_OF_ONE_NAME; no++)
	{
		to = name_for(name, no);
		if (rename_keeping(&move, name, to))
			break;
		if (errno != EEXIST || no == MOST_OF_ONE_NAME)
			fail(&move, "move file", name);
	}
	confirm(&move, name, to);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s/%s", move.to_path, to)));
}
