/*
 * task_id.c
 *	  The id of a task in a URL.
 */
#include "api/task_id.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
task_id_parse(const char *text, int64_t *id)
{
	const char *digits = text + (*text == '-');

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return false;
	errno = 0;
	*id = strtoll(text, NULL, 10);
	return errno == 0;
}
