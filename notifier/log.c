/*
 * log.c
 *	  One line per event on standard error.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mem.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static LogLevel current = LOG_INFO;

void
log_set_level(LogLevel level)
{
	current = level;
}

bool
log_level_parse(const char *name, LogLevel *level)
{
	for (size_t i = 0; i < lengthof(level_names); i++)
	{
		if (strcmp(name, level_names[i]) == 0)
		{
			*level = (LogLevel) i;
			return true;
		}
	}
	return false;
}

bool
log_wants(LogLevel level)
{
	return level <= current;
}

/* What a client sent may be in the text: no line breaks, no terminal sequences. */
static void
flatten(char *text)
{
	for (; *text != '\0'; text++)
	{
		if ((unsigned char) *text < 0x20 || *text == 0x7F)
			*text = ' ';
	}
}

void
log_at(LogLevel level, const char *format,...)
{
	char		text[LINE_MAX_BYTES];
	char		stamp[32];
	struct timespec now;
	struct tm	utc;
	va_list		args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	flatten(text);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	fprintf(stderr, "%s.%03ldZ %-7s %s\n", stamp, now.tv_nsec / 1000000, level_names[level], text);
}
