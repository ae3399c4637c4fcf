/*
 * multipart.c
 *	  Parses multipart/form-data (RFC 7578) as it arrives, in pieces of any
 *	  size.
 *
 * The delimiter is CR LF "--" boundary.  A boundary holds no CR, so after a
 * failed match the next match can start at the failed byte only. The bytes
 * that had matched need not be kept: they are a beginning of the delimiter.
 */
#include "api/multipart.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

#define MAX_BOUNDARY 200		/* RFC 2046 allows 70; some clients use more */
#define MAX_HEADERS 8192

typedef enum State
{
	IN_PREAMBLE,
	IN_CONTENT,
	BEHIND_DELIMITER,			/* "--" or the line's end must follow */
	IN_HEADERS,
	AT_END
} State;

struct Multipart
{
	const MultipartHandler *handler;
	void	   *arg;
	State		state;
	char		delimiter[MAX_BOUNDARY + 5];
	size_t		delimiter_len;
	size_t		matched;		/* bytes of the delimiter seen */
	Buf			line;			/* headers of a part, or the bytes behind a delimiter */
	MultipartStatus status;
};

/*
 * Header parameters
 */

static const char *
skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/*
 * Browsers write a quote as %22, curl as \"; Internet Explorer sent whole
 * Windows paths without escaping, so any other backslash stands for itself.
 */
static const char *
read_quoted(const char *at, Buf *value)
{
	for (; *at != '\0' && *at != '"'; at++)
	{
		if (at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
			buf_putc(value, *++at);
		else if (strncmp(at, "%22", 3) == 0)
		{
			buf_putc(value, '"');
			at += 2;
		}
		else
			buf_putc(value, *at);
	}
	return *at == '"' ? at + 1 : at;
}

static const char *
read_token(const char *at, Buf *value)
{
	size_t		len = strcspn(at, "; \t");

	buf_append(value, at, len);
	return at + len;
}

/* Finds name in "type; a=1; b=\"2\""; false if it is absent. */
static bool
find_parameter(const char *header, const char *name, Buf *value)
{
	const char *at = header + strcspn(header, ";");

	while (*at == ';')
	{
		size_t		len;
		bool		wanted;

		at = skip_blanks(at + 1);
		len = strcspn(at, "=; \t");
		wanted = len == strlen(name) && strncasecmp(at, name, len) == 0;
		at = skip_blanks(at + len);
		if (*at == '=')
		{
			buf_clear(value);
			at = skip_blanks(at + 1);
			at = *at == '"' ? read_quoted(at + 1, value) : read_token(at, value);
			if (wanted)
			{
				buf_append(value, "", 0);	/* an empty value is a string too */
				return true;
			}
		}
		at += strcspn(at, ";");
	}
	return false;
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);

	return found == NULL ? -1 : (int) (found - digits);
}

/* filename*=UTF-8''%e2%82%ac.xlsx (RFC 5987); it has priority over filename. */
static bool
find_extended_name(const char *header, Buf *value)
{
	Buf			raw = {0};
	bool		found = find_parameter(header, "filename*", &raw) && strncasecmp(raw.data, "UTF-8'", 6) == 0;
	const char *at = found ? strchr(raw.data + 6, '\'') : NULL;

	found = at != NULL;
	if (found)
	{
		buf_clear(value);
		for (at++; *at != '\0'; at++)
		{
			if (at[0] == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0)
			{
				buf_putc(value, (char) (hex_digit(at[1]) * 16 + hex_digit(at[2])));
				at += 2;
			}
			else
				buf_putc(value, *at);
		}
		buf_append(value, "", 0);
	}
	buf_free(&raw);
	return found;
}

/*
 * The headers of a part
 */

/* The value of a header of that name, cut at its line's end; NULL if there is none. */
static char *
find_header(char *headers, const char *name)
{
	size_t		name_len = strlen(name);

	for (char *line = headers; line != NULL && *line != '\0';)
	{
		char	   *end = strstr(line, "\r\n");

		if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':')
		{
			if (end != NULL)
				*end = '\0';
			return line + name_len + 1;
		}
		line = end == NULL ? NULL : end + 2;
	}
	return NULL;
}

static bool
start_part(Multipart *form)
{
	Buf			name = {0};
	Buf			file_name = {0};
	MultipartPart part = {.name = ""};
	const char *disposition = find_header(form->line.data, "Content-Disposition");
	bool		good;

	if (disposition != NULL)
	{
		if (find_parameter(disposition, "name", &name))
			part.name = name.data;
		if (find_extended_name(disposition, &file_name) || find_parameter(disposition, "filename", &file_name))
			part.file_name = file_name.data;
	}
	good = form->handler->part(form->arg, &part);
	buf_free(&name);
	buf_free(&file_name);
	return good;
}

/*
 * One function per state; each consumes a part of data and returns its length
 */

static void
stop(Multipart *form, MultipartStatus status)
{
	form->status = status;
}

static void
enter(Multipart *form, State state)
{
	form->state = state;
	form->matched = 0;
	buf_clear(&form->line);
}

static void
emit(Multipart *form, const char *data, size_t len)
{
	if (form->state == IN_CONTENT && len > 0 && !form->handler->data(form->arg, data, len))
		stop(form, MULTIPART_STOPPED);
}

static void
delimiter_found(Multipart *form)
{
	if (form->state == IN_CONTENT && !form->handler->end(form->arg))
		stop(form, MULTIPART_STOPPED);
	enter(form, BEHIND_DELIMITER);
}

/* Looks for the delimiter, in the preamble as in content. */
static size_t
feed_content(Multipart *form, const char *data, size_t len)
{
	const char *cr;
	size_t		run;

	if (form->matched > 0)
	{
		if (*data == form->delimiter[form->matched])
		{
			if (++form->matched == form->delimiter_len)
				delimiter_found(form);
			return 1;
		}
		run = form->matched;
		form->matched = 0;
		emit(form, form->delimiter, run);
		return 0;
	}
	cr = memchr(data, '\r', len);
	run = cr == NULL ? len : (size_t) (cr - data);
	emit(form, data, run);
	if (cr == NULL)
		return run;
	form->matched = 1;
	return run + 1;
}

static size_t
feed_behind_delimiter(Multipart *form, const char *data)
{
	Buf		   *line = &form->line;

	buf_putc(line, *data);
	if (line->len == 2 && memcmp(line->data, "--", 2) == 0)
	{
		enter(form, AT_END);
		stop(form, MULTIPART_DONE);
	}
	else if (line->len >= 2 && memcmp(line->data + line->len - 2, "\r\n", 2) == 0)
		enter(form, IN_HEADERS);
	else if (line->len > MAX_BOUNDARY || strchr(" \t\r\n-", *data) == NULL)
		stop(form, MULTIPART_MALFORMED);
	return 1;
}

static bool
headers_complete(const Buf *line)
{
	if (line->len == 2)
		return memcmp(line->data, "\r\n", 2) == 0;
	return line->len >= 4 && memcmp(line->data + line->len - 4, "\r\n\r\n", 4) == 0;
}

static size_t
feed_headers(Multipart *form, const char *data)
{
	if (*data == '\0' || form->line.len == MAX_HEADERS)
	{
		stop(form, MULTIPART_MALFORMED);
		return 1;
	}
	buf_putc(&form->line, *data);
	if (headers_complete(&form->line))
	{
		if (!start_part(form))
			stop(form, MULTIPART_STOPPED);
		enter(form, IN_CONTENT);
	}
	return 1;
}

static size_t
feed_state(Multipart *form, const char *data, size_t len)
{
	switch (form->state)
	{
		case IN_PREAMBLE:
		case IN_CONTENT:
			return feed_content(form, data, len);
		case BEHIND_DELIMITER:
			return feed_behind_delimiter(form, data);
		case IN_HEADERS:
			return feed_headers(form, data);
		case AT_END:
			break;
	}
	return len;
}

Multipart *
multipart_open(const char *content_type, const MultipartHandler *handler, void *arg)
{
	static const char type[] = "multipart/form-data";
	Multipart  *form;
	Buf			boundary = {0};

	if (strncasecmp(content_type, type, sizeof(type) - 1) != 0 ||
		!find_parameter(content_type, "boundary", &boundary) ||
		boundary.len == 0 || boundary.len > MAX_BOUNDARY || strpbrk(boundary.data, "\r\n") != NULL)
	{
		buf_free(&boundary);
		return NULL;
	}
	form = mem_alloc(sizeof(*form));
	form->handler = handler;
	form->arg = arg;
	memcpy(form->delimiter, "\r\n--", 4);
	memcpy(form->delimiter + 4, boundary.data, boundary.len);
	form->delimiter_len = 4 + boundary.len;
	form->matched = 2;			/* the first delimiter may come without a line end before it */
	buf_free(&boundary);
	return form;
}

MultipartStatus
multipart_feed(Multipart *form, const char *data, size_t len)
{
	while (len > 0 && form->status == MULTIPART_MORE)
	{
		size_t		used = feed_state(form, data, len);

		data += used;
		len -= used;
	}
	return form->status;
}

void
multipart_close(Multipart *form)
{
	if (form == NULL)
		return;
	buf_free(&form->line);
	free(form);
}
