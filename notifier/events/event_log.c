/*
 * event_log.c
 *	  Events as lines of JSON, for a log shipper.
 */
#include "events/event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "process/config.h"
#include "process/log.h"

static int	file = -1;
static bool failed;				/* the log has said so */

bool
event_log_open(void)
{
	int			made;

	if (config.events_log == NULL)
		return true;
	made = strcmp(config.events_log, "-") == 0 ? dup(STDOUT_FILENO)
		: open(config.events_log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (made < 0)
	{
		log_error("could not open events-log, file=%s error=%s", config.events_log, strerror(errno));
		return false;
	}
	if (file >= 0)
		close(file);
	file = made;
	failed = false;
	return true;
}

/* 2026-05-03T12:00:00.123Z */
static void
put_time(Buf *line)
{
	struct timespec now;
	struct tm	parts;
	char		text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	buf_printf(line, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

void
event_log_write(int64_t task, const char *name, size_t name_len, const char *json)
{
	Buf			line = {0};

	if (file < 0)
		return;
	buf_puts(&line, "{\"time\":\"");
	put_time(&line);
	buf_puts(&line, "\",\"event\":");
	buf_json(&line, name, name_len);
	if (task != 0)
		buf_printf(&line, ",\"task\":%" PRId64, task);
	if (json != NULL)
		buf_printf(&line, ",\"data\":%s", json);
	buf_puts(&line, "}\n");
	if (write(file, line.data, line.len) != (ssize_t) line.len && !failed)
	{
		failed = true;
		log_error("events-log does not take lines, and they are lost, error=%s", strerror(errno));
	}
	buf_free(&line);
}
