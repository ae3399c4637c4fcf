/*
 * status.c
 *	  See status.h.
 */
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the character that this byte begins. */
static size_t
character_length(unsigned char first)
{
	return first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
}

/* A text that was cut must not end in the middle of a UTF-8 character. */
static void
cut_at_character(char *text, size_t size, int wanted)
{
	size_t		last = size - 1;

	if (wanted < 0)
		text[0] = '\0';
	if (wanted < (int) size)
		return;
	do
		last--;
	while (last > 0 && ((unsigned char) text[last] & 0xC0) == 0x80);
	if (last + character_length((unsigned char) text[last]) > size - 1)
		text[last] = '\0';
}

static void __attribute__((format(printf, 3, 0)))
store_text(char *text, size_t size, const char *format, va_list args)
{
	cut_at_character(text, size, vsnprintf(text, size, format, args));
}

XlsxStatus
xlsx_fail(XlsxError *error, XlsxStatus status, const char *message,...)
{
	va_list		args;

	memset(error, 0, sizeof(*error));
	error->status = status;
	va_start(args, message);
	store_text(error->message, sizeof(error->message), message, args);
	va_end(args);
	return status;
}

XlsxStatus
xlsx_fail_detail(XlsxError *error, const char *detail,...)
{
	va_list		args;

	va_start(args, detail);
	store_text(error->detail, sizeof(error->detail), detail, args);
	va_end(args);
	return error->status;
}

XlsxStatus
xlsx_fail_hint(XlsxError *error, const char *hint)
{
	cut_at_character(error->hint, sizeof(error->hint), snprintf(error->hint, sizeof(error->hint), "%s", hint));
	return error->status;
}

XlsxStatus
xlsx_fail_at(XlsxError *error, const char *part, uint32_t row, uint32_t column)
{
	cut_at_character(error->part, sizeof(error->part), snprintf(error->part, sizeof(error->part), "%s", part));
	error->row = row;
	error->column = column;
	return error->status;
}

XlsxStatus
xlsx_fail_memory(XlsxError *error)
{
	return xlsx_fail(error, XLSX_NO_MEMORY, "out of memory");
}

XlsxStatus
xlsx_fail_limit(XlsxError *error, const XlsxLimits *limits, XlsxLimitId id, const char *message)
{
	xlsx_fail(error, XLSX_LIMIT, "%s", message);
	error->setting = xlsx_limits[id].name;
	return xlsx_fail_detail(error, "The limit is %llu.", (unsigned long long) limits->value[id]);
}
