/*
 * place.c
 *	  Adds to the server's log what a worker is doing.
 */
#include "pg/place.h"
#include "pg/row_number.h"

#include "pgstat.h"
#include "utils/guc.h"

typedef struct Place
{
	ErrorContextCallback callback;
	int64		task;
	const char *profile;
	const char *file_name;
	const char *role;
	const char *database;
	uint32		first_row;
	uint32		last_row;
	int			sqlstate;		/* of the last report */
} Place;

static Place place;

static void
add_context(void *argument)
{
	(void) argument;
	place.sqlstate = geterrcode();
	if (place.profile == NULL)
		errcontext("reading ahead for the import of task " INT64_FORMAT, place.task);
	else if (place.first_row == 0)
		errcontext("import of task " INT64_FORMAT " with profile \"%s\" from file \"%s\"", place.task, place.profile,
				   place.file_name);
	else if (place.first_row == place.last_row)
		errcontext("import of task " INT64_FORMAT " with profile \"%s\" from file \"%s\", sheet row %u", place.task,
				   place.profile, place.file_name, place.first_row);
	else
		errcontext("import of task " INT64_FORMAT " with profile \"%s\" from file \"%s\", sheet rows %u to %u", place.task,
				   place.profile, place.file_name, place.first_row, place.last_row);
	if (place.role != NULL)
		errcontext("as role \"%s\" in database \"%s\"", place.role, place.database);
}

void
place_enter(int64 task, const char *profile, const char *file_name, const char *role, const char *database)
{
	place = (Place) {
		.callback = {.callback = add_context,.previous = error_context_stack},
		.task = task, .profile = profile, .file_name = file_name, .role = role, .database = database
	};
	error_context_stack = &place.callback;
}

void
place_read_ahead(int64 task)
{
	SetConfigOption("application_name", "pg_xlsx reader", PGC_USERSET, PGC_S_SESSION);
	pgstat_report_activity(STATE_RUNNING, psprintf("task " INT64_FORMAT ": reading ahead", task));
	place_enter(task, NULL, NULL, NULL, NULL);
}

void
place_leave(void)
{
	error_context_stack = place.callback.previous;
}

int
place_last_sqlstate(void)
{
	return place.sqlstate;
}

void
place_set_rows(uint32 first, uint32 last)
{
	first = row_in_sheet(first);
	last = row_in_sheet(last);
	place.first_row = first;
	place.last_row = last;
}
