/*
 * header_forms.c
 *	  The forms in which headers are compared.
 */
#include "profile/header_forms.h"

#include "catalog/pg_collation.h"
#include "common/unicode_norm.h"
#include "mb/pg_wchar.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#define DISTANCE_BYTES 64

/* What stays when the letters that Unicode does not take apart lose their strokes. */
typedef struct PlainLetter
{
	pg_wchar	letter;
	const char *plain;
} PlainLetter;

static const PlainLetter plain_letters[] = {
	{0xDF, "ss"}, {0xE6, "ae"}, {0xF0, "d"}, {0xF8, "o"}, {0xFE, "th"}, {0x111, "d"}, {0x131, "i"}, {0x142, "l"}, {0x153, "oe"}
};

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

/* The text as code points, ended by 0; a wrong byte ends it. */
static pg_wchar *
points_of(const char *utf8)
{
	size_t		length = strlen(utf8);
	pg_wchar   *points = palloc(sizeof(pg_wchar) * (length + 1));
	size_t		count = 0;

	for (const unsigned char *p = (const unsigned char *) utf8; *p != '\0';)
	{
		int			bytes = pg_utf_mblen(p);

		if (bytes > (int) (length - (size_t) (p - (const unsigned char *) utf8)))
			break;
		points[count++] = utf8_to_unicode(p);
		p += bytes;
	}
	points[count] = 0;
	return points;
}

static const char *
plain_letter(pg_wchar point)
{
	for (size_t i = 0; i < lengthof(plain_letters); i++)
		if (plain_letters[i].letter == point)
			return plain_letters[i].plain;
	return NULL;
}

static bool
is_combining(pg_wchar point)
{
	return point >= 0x300 && point <= 0x36F;
}

/* A compatible form with its accents apart: those are left out. */
static void
append_plain(StringInfo out, const char *utf8)
{
	pg_wchar   *points = unicode_normalize(UNICODE_NFKD, points_of(utf8));

	for (; *points != 0; points++)
	{
		const char *plain = plain_letter(*points);
		unsigned char bytes[4];

		if (is_combining(*points))
			continue;
		if (plain != NULL)
			appendStringInfoString(out, plain);
		else if (*points >= 0x80)
			appendBinaryStringInfo(out, (char *) unicode_to_utf8(*points, bytes), pg_utf_mblen(bytes));
		else if (isalnum((unsigned char) *points))
			appendStringInfoChar(out, (char) pg_ascii_tolower((unsigned char) *points));
	}
}

static char *
letters_of(const char *lower)
{
	StringInfoData out;
	bool		ascii = true;

	initStringInfo(&out);
	for (const char *p = lower; *p != '\0' && ascii; p++)
		ascii = !IS_HIGHBIT_SET(*p);
	if (!ascii)
		append_plain(&out, as_written(pstrdup(lower)));
	else
		for (const char *p = lower; *p != '\0'; p++)
			if (isalnum((unsigned char) *p))
				appendStringInfoChar(&out, *p);
	return out.data;
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

char *
header_form(const char *header, size_t length, HeaderForm form)
{
	char	   *lower;

	text_trim(&header, &length);
	if (form == HEADER_WITHOUT_UNIT)
		length = without_unit(header, length);
	lower = text_from_server(str_tolower(header, length, DEFAULT_COLLATION_OID));
	return form == HEADER_AS_WRITTEN ? as_written(lower) : letters_of(lower);
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

int
header_distance(const char *one, const char *other)
{
	int			m = (int) Min(strlen(one), DISTANCE_BYTES);
	int			n = (int) Min(strlen(other), DISTANCE_BYTES);
	int			row[DISTANCE_BYTES + 1];

	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; i <= m; i++)
	{
		int			diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++)
		{
			int			above = row[j];

			row[j] = Min(Min(above, row[j - 1]) + 1, diagonal + (one[i - 1] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}
