/*
 * buf.c
 *	  A string of bytes that grows.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define BUF_SMALLEST 64

void
buf_reserve(Buf *buf, size_t more)
{
	size_t		need = buf->len + more + 1;
	size_t		size = buf->size < BUF_SMALLEST ? BUF_SMALLEST : buf->size;

	if (need <= buf->size)
		return;
	while (size < need)
		size *= 2;
	buf->data = mem_resize(buf->data, size);
	buf->size = size;
}

void
buf_append(Buf *buf, const void *data, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(Buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void
buf_putc(Buf *buf, char c)
{
	buf_append(buf, &c, 1);
}

void
buf_printf(Buf *buf, const char *format,...)
{
	va_list		args;
	int			need;

	va_start(args, format);
	need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (need < 0)
		return;
	buf_reserve(buf, (size_t) need);
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t) need + 1, format, args);
	va_end(args);
	buf->len += (size_t) need;
}

static void
json_ascii(Buf *buf, char c)
{
	switch (c)
	{
		case '"':
			buf_puts(buf, "\\\"");
			break;
		case '\\':
			buf_puts(buf, "\\\\");
			break;
		case '\n':
			buf_puts(buf, "\\n");
			break;
		case '\r':
			buf_puts(buf, "\\r");
			break;
		case '\t':
			buf_puts(buf, "\\t");
			break;
		default:
			if ((unsigned char) c < 0x20)
				buf_printf(buf, "\\u%04x", (unsigned char) c);
			else
				buf_putc(buf, c);
	}
}

void
buf_json(Buf *buf, const char *text, size_t len)
{
	buf_putc(buf, '"');
	while (len > 0)
	{
		size_t		step = utf8_sequence(text, len);

		if (step > 1)
			buf_append(buf, text, step);
		else if (step == 1)
			json_ascii(buf, *text);
		else
		{
			buf_puts(buf, "\xEF\xBF\xBD");
			step = 1;
		}
		text += step;
		len -= step;
	}
	buf_putc(buf, '"');
}

void
buf_drop(Buf *buf, size_t len)
{
	buf->len -= len;
	if (buf->len > 0)
		memmove(buf->data, buf->data + len, buf->len);
}

void
buf_clear(Buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
buf_free(Buf *buf)
{
	free(buf->data);
	*buf = (Buf) {0};
}
