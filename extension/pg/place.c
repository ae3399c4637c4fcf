/*
 * place.c
 *	  Adds to the server's log what a worker is doing.
 */
#include "pg/place.h"

typedef struct Place
{
	ErrorContextCallback callback;
	int64		task;
	const char *profile;
	const char *file_name;
	uint32		first_row;
	uint32		last_row;
} Place;

static Place place;

static void
add_context(void *argument)
{
	(void) argument;
	if (place.first_row == 0)
		errcontext("import of task " INT64_FORMAT " with profile \"%s\" from file \"%s\"", place.task, place.profile,
				   place.file_name);
	else if (place.first_row == place.last_row)
		errcontext("import of task " INT64_FORMAT " with profile \"%s\" from file \"%s\", sheet row %u", place.task,
				   place.profile, place.file_name, place.first_row);
	else
		errcontext("import of task " INT64_FORMAT " with profile \"%s\" from file \"%s\", sheet rows %u to %u", place.task,
				   place.profile, place.file_name, place.first_row, place.last_row);
}

void
place_enter(int64 task, const char *profile, const char *file_name)
{
	place = (Place) {
		.callback = {.callback = add_context,.previous = error_context_stack},
		.task = task, .profile = profile, .file_name = file_name
	};
	error_context_stack = &place.callback;
}

void
place_leave(void)
{
	error_context_stack = place.callback.previous;
}

void
place_set_rows(uint32 first, uint32 last)
{
	place.first_row = first;
	place.last_row = last;
}
