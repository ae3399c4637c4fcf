/*
 * log.c
 *	  One line per event on standard error.
 */
#include "process/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static LogLevel current = LOG_INFO;
static bool as_json;

void
log_set_level(LogLevel level)
{
	current = level;
}

void
log_set_json(bool json)
{
	as_json = json;
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

/* Replaces line breaks and terminal sequences, because the text may come from a client. */
static void
flatten(char *text)
{
	for (; *text != '\0'; text++)
	{
		if ((unsigned char) *text < 0x20 || *text == 0x7F)
			*text = ' ';
	}
}

/* The length of "key=" at text; 0 if there is none. */
static size_t
key_length(const char *text)
{
	size_t		len = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return len > 0 && text[len] == '=' ? len : 0;
}

/* The length of a value: a JSON string, or the text up to a space. */
static size_t
value_length(const char *text)
{
	size_t		len = 1;

	if (text[0] != '"')
		return strcspn(text, " ");
	while (text[len] != '\0' && text[len] != '"')
		len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
	return text[len] == '"' ? len + 1 : len;
}

static void
put_value(Buf *line, const char *text, size_t len)
{
	JsonValue	value;

	if (json_parse(text, len, &value) && (value.type == JSON_STRING || value.type == JSON_NUMBER))
		buf_append(line, text, len);
	else
		buf_json(line, text, len);
}

/* The message ends where the first pair begins. Text between pairs belongs to the message too. */
static void
put_fields(Buf *line, const char *text)
{
	Buf			message = {0};

	while (*text != '\0')
	{
		size_t		key = key_length(text);
		size_t		len;

		if (key > 0)
		{
			buf_printf(line, ",\"%.*s\":", (int) key, text);
			text += key + 1;
			len = value_length(text);
			put_value(line, text, len);
		}
		else
		{
			len = strcspn(text, " ");
			if (message.len > 0)
				buf_putc(&message, ' ');
			buf_append(&message, text, len);
		}
		text += len;
		text += strspn(text, " ");
	}
	buf_puts(line, ",\"message\":");
	buf_json(line, message.len > 0 ? message.data : "", message.len);
	buf_free(&message);
}

static void
print_json(const char *stamp, LogLevel level, const char *text)
{
	Buf			line = {0};

	buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\"", stamp, level_names[level]);
	put_fields(&line, text);
	fprintf(stderr, "%s}\n", line.data);
	buf_free(&line);
}

void
log_at(LogLevel level, const char *format,...)
{
	char		text[LINE_MAX_BYTES];
	char		stamp[48];
	size_t		len;
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
	len = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(stamp + len, sizeof(stamp) - len, ".%03ldZ", now.tv_nsec / 1000000);
	if (as_json)
		print_json(stamp, level, text);
	else
		fprintf(stderr, "%s %-7s %s\n", stamp, level_names[level], text);
}
