/*
 * text_fold.c
 *	  Texts without case and accents.
 */
#include "pg/text_fold.h"

#include "catalog/pg_collation.h"
#include "common/unicode_norm.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "pg/text_encoding.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

PG_FUNCTION_INFO_V1(pg_xlsx_folded);

/* Letters that Unicode does not take apart, and what is left without their strokes. */
typedef struct PlainLetter
{
	pg_wchar	letter;
	const char *plain;
} PlainLetter;

static const PlainLetter plain_letters[] = {
	{0xC6, "ae"}, {0xD0, "d"}, {0xD8, "o"}, {0xDE, "th"}, {0xDF, "ss"}, {0xE6, "ae"}, {0xF0, "d"}, {0xF8, "o"}, {0xFE, "th"},
	{0x110, "d"}, {0x111, "d"}, {0x131, "i"}, {0x141, "l"}, {0x142, "l"}, {0x152, "oe"}, {0x153, "oe"}, {0x1E9E, "ss"}
};

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

static char *
fold_points(const pg_wchar *points)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *points != 0; points++)
	{
		const char *plain = plain_letter(*points);
		unsigned char bytes[4];

		if (is_combining(*points))
			continue;
		if (plain != NULL)
			appendStringInfoString(&out, plain);
		else if (*points >= 0x80)
			appendBinaryStringInfo(&out, (char *) unicode_to_utf8(*points, bytes), pg_utf_mblen(bytes));
		else
			appendStringInfoChar(&out, (char) pg_ascii_tolower((unsigned char) *points));
	}
	return out.data;
}

char *
text_fold(const char *text, size_t length)
{
	char	   *ascii = palloc(length + 1);
	size_t		i = 0;

	for (; i < length && !IS_HIGHBIT_SET(text[i]); i++)
		ascii[i] = (char) pg_ascii_tolower((unsigned char) text[i]);
	ascii[i] = '\0';
	if (i == length)
		return ascii;
	pfree(ascii);
	return fold_points(unicode_normalize(UNICODE_NFKD, points_of(text_from_server(str_tolower(text, length, DEFAULT_COLLATION_OID)))));
}

Datum
pg_xlsx_folded(PG_FUNCTION_ARGS)
{
	text	   *given = PG_GETARG_TEXT_PP(0);
	char	   *folded = text_fold(VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));

	PG_RETURN_TEXT_P(cstring_to_text(text_for_people(folded, strlen(folded))));
}
