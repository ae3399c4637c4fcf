/*
 * header_forms.c
 *	  The forms in which headers are compared.
 */
#include "profile/header_forms.h"

#include "catalog/pg_collation.h"
#include "pg/text_encoding.h"
#include "pg/text_fold.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

/* Longer headers are compared as written only: a sheet may have 16,384 of them. */
#define MOST_FOLDED_BYTES 256

static char *
as_written(char *lower)
{
	char	   *out = lower;

	for (const char *in = lower; *in != '\0';)
	{
		int			space = text_space_length(in, strlen(in));

		if (space > 0)
			in += space;
		else if (*in == '-' || *in == '_')
			in++;
		else
			*out++ = *in++;
	}
	*out = '\0';
	return lower;
}

/* Letters and digits only. */
static char *
letters_of(char *folded)
{
	char	   *out = folded;

	for (const char *in = folded; *in != '\0'; in++)
		if (IS_HIGHBIT_SET(*in) || isalnum((unsigned char) *in))
			*out++ = *in;
	*out = '\0';
	return folded;
}

/* Where the group in brackets begins that ends the text; the length if none does, or nothing stands before it. */
static size_t
before_group(const char *text, size_t length)
{
	char		closing = length > 0 ? text[length - 1] : '\0';
	char		opening = closing == ')' ? '(' : closing == ']' ? '[' : '\0';
	int			depth = 0;

	for (size_t at = length; opening != '\0' && at > 0; at--)
	{
		depth += text[at - 1] == closing ? 1 : text[at - 1] == opening ? -1 : 0;
		if (depth == 0)
			return at > 1 ? at - 1 : length;
	}
	return length;
}

/* Cuts marks, and units in brackets, from the end of a text. */
static size_t
without_unit(const char *text, size_t length)
{
	for (;;)
	{
		size_t		rest = length;

		text_trim(&text, &rest);
		if (rest > 1 && (text[rest - 1] == '*' || text[rest - 1] == ':'))
			rest--;
		else
			rest = before_group(text, rest);
		if (rest == length)
			return length;
		length = rest;
	}
}

/* str_tolower keeps room for the longest characters. There may be many headers, so that room is given back. */
static char *
written_form(const char *header, size_t length)
{
	char	   *lower = text_from_server(str_tolower(header, length, DEFAULT_COLLATION_OID));
	char	   *form = pstrdup(as_written(lower));

	pfree(lower);
	return form;
}

char *
header_form(const char *header, size_t length, HeaderForm form)
{
	text_trim(&header, &length);
	if (form == HEADER_WITHOUT_UNIT)
		length = without_unit(header, length);
	if (form != HEADER_AS_WRITTEN && length > MOST_FOLDED_BYTES)
		return pstrdup("");
	if (form == HEADER_AS_WRITTEN)
		return written_form(header, length);
	return letters_of(as_written(text_fold(header, length)));
}

uint32
header_position(const char *name)
{
	static const char prefix[] = "column_";
	size_t		letters;
	uint32		column = 0;

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return 0;
	name += strlen(prefix);
	letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");
	if (letters == 0 || letters > 3 || (name[letters] != '\0' && (name[letters] != '_' || name[letters + 1] == '\0' ||
																  strspn(name + letters + 1, "0123456789") != strlen(name + letters + 1))))
		return 0;
	for (size_t i = 0; i < letters; i++)
		column = column * 26 + (uint32) (name[i] - 'a') + 1;
	return column;
}
