/*
 * buf.h
 *	  A string of bytes that grows.
 *
 * A zeroed Buf is empty and ready.  After the first append, data ends with a
 * NUL that len does not count.  buf_free() makes it empty again.
 */
#ifndef NOTIFIER_BUF_H
#define NOTIFIER_BUF_H

#include <stddef.h>

typedef struct Buf
{
	char	   *data;
	size_t		len;
	size_t		size;
} Buf;

extern void buf_append(Buf *buf, const void *data, size_t len);
extern void buf_puts(Buf *buf, const char *text);
extern void buf_putc(Buf *buf, char c);
extern void buf_printf(Buf *buf, const char *format,...) __attribute__((format(printf, 2, 3)));

/* Appends text as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
extern void buf_json(Buf *buf, const char *text, size_t len);

/* Makes room for more bytes behind len, without changing len. */
extern void buf_reserve(Buf *buf, size_t more);

/* Removes the first len bytes. */
extern void buf_drop(Buf *buf, size_t len);

/* Makes it empty and keeps its memory. */
extern void buf_clear(Buf *buf);
extern void buf_free(Buf *buf);

#endif							/* NOTIFIER_BUF_H */
