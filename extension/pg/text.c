/*
 * text.c
 *	  White space and encodings.
 */
#include "pg/text.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

int
text_space_length(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *) text;

	if (length == 0)
		return 0;
	if (s[0] <= ' ')
		return s[0] == ' ' || (s[0] >= '\t' && s[0] <= '\r') ? 1 : 0;
	if (s[0] == 0xC2 && length >= 2)
		return s[1] == 0xA0 ? 2 : 0;	/* U+00A0 */
	if (length < 3)
		return 0;
	if (s[0] == 0xE1 && s[1] == 0x9A && s[2] == 0x80)
		return 3;				/* U+1680 */
	if (s[0] == 0xE2 && s[1] == 0x80 &&
		((s[2] >= 0x80 && s[2] <= 0x8A) || s[2] == 0xA8 || s[2] == 0xA9 || s[2] == 0xAF))
		return 3;				/* U+2000 to U+200A, U+2028, U+2029, U+202F */
	if (s[0] == 0xE2 && s[1] == 0x81 && s[2] == 0x9F)
		return 3;				/* U+205F */
	if (s[0] == 0xE3 && s[1] == 0x80 && s[2] == 0x80)
		return 3;				/* U+3000 */
	if (s[0] == 0xEF && s[1] == 0xBB && s[2] == 0xBF)
		return 3;				/* U+FEFF */
	return 0;
}

/* The same at the end of text. */
static int
trailing_space_length(const char *text, size_t length)
{
	unsigned char last;

	if (length == 0)
		return 0;
	last = (unsigned char) text[length - 1];
	if (last <= ' ')
		return text_space_length(text + length - 1, 1);
	if ((last & 0xC0) != 0x80)
		return 0;
	if (length >= 2 && text_space_length(text + length - 2, 2) == 2)
		return 2;
	return length >= 3 && text_space_length(text + length - 3, 3) == 3 ? 3 : 0;
}

/* A visible ASCII character: no space of any kind begins or ends with it. */
static inline bool
is_visible(char c)
{
	return c > ' ' && c < 0x7F;
}

void
text_trim(const char **text, size_t *length)
{
	int			n;

	if (*length > 0 && is_visible((*text)[0]) && is_visible((*text)[*length - 1]))
		return;
	while ((n = text_space_length(*text, *length)) > 0)
	{
		*text += n;
		*length -= (size_t) n;
	}
	while ((n = trailing_space_length(*text, *length)) > 0)
		*length -= (size_t) n;
}

/* Eight bytes: the high bit of one comes up where it is set, or by borrowing where the byte is 0. */
static inline bool
are_ascii(uint64 bytes)
{
	const uint64 ones = UINT64CONST(0x0101010101010101);
	const uint64 highs = UINT64CONST(0x8080808080808080);

	return ((bytes | (bytes - ones)) & highs) == 0;
}

static inline uint64
load_8(const char *text)
{
	uint64		bytes;

	memcpy(&bytes, text, sizeof(bytes));
	return bytes;
}

static inline uint64
load_4(const char *text)
{
	uint32		bytes;

	memcpy(&bytes, text, sizeof(bytes));
	return bytes;
}

/* ASCII without NUL, eight bytes at a time; the last ones may be looked at twice. */
static bool
is_ascii(const char *text, size_t length)
{
	if (length >= 8)
	{
		for (size_t i = 0; i < length - 8; i += 8)
			if (!are_ascii(load_8(text + i)))
				return false;
		return are_ascii(load_8(text + length - 8));
	}
	if (length >= 4)
		return are_ascii(load_4(text) | load_4(text + length - 4) << 32);
	for (size_t i = 0; i < length; i++)
		if ((signed char) text[i] <= 0)
			return false;
	return true;
}

/* Does the database take UTF-8 as it is? */
static bool
keeps_utf8(void)
{
	return GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII;
}

/* Valid UTF-8 -> a new string in the database's encoding. False when that lacks a character. */
static bool
convert(const char *text, size_t length, char **converted)
{
	Oid			conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	size_t		room = length * MAX_CONVERSION_GROWTH + 1;

	if (!OidIsValid(conversion))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("no conversion leads from UTF8 to %s", GetDatabaseEncodingName())));
	*converted = palloc(room);
	return pg_do_encoding_conversion_buf(conversion, PG_UTF8, GetDatabaseEncoding(), (unsigned char *) text, (int) length,
										 (unsigned char *) *converted, (int) room, true) == (int) length;
}

const char *
text_to_server(const char *text, size_t length, size_t *server_length, bool *valid)
{
	char	   *converted;

	*server_length = length;
	*valid = true;
	if (is_ascii(text, length))
		return text;			/* the same in every encoding of a server */
	*valid = pg_verify_mbstr(PG_UTF8, text, (int) length, true);
	if (!*valid || keeps_utf8())
		return text;
	*valid = convert(text, length, &converted);
	*server_length = strlen(converted);
	return converted;
}

/* Bytes of the character of UTF-8 at the start of text; 1 where there is none. */
static size_t
character_length(const char *text, size_t length)
{
	size_t		bytes = (size_t) pg_utf_mblen((const unsigned char *) text);

	return bytes <= length ? bytes : 1;
}

char *
text_for_people(const char *text, size_t length)
{
	size_t		server_length;
	bool		valid;
	const char *whole = text_to_server(text, length, &server_length, &valid);
	StringInfoData kept;

	if (valid)
		return pnstrdup(whole, server_length);
	initStringInfo(&kept);
	for (size_t bytes; length > 0; text += bytes, length -= bytes)
	{
		const char *character;

		bytes = character_length(text, length);
		character = text_to_server(text, bytes, &server_length, &valid);
		appendBinaryStringInfo(&kept, valid ? character : "?", valid ? (int) server_length : 1);
	}
	return kept.data;
}

char *
text_from_server(const char *text)
{
	return pg_server_to_any(text, (int) strlen(text), PG_UTF8);
}

bool
text_has_more(const char *text, size_t length, int most)
{
	int			widest = pg_database_encoding_max_length();
	int			count = 0;

	if (most < 0)
		return true;
	if (length <= (size_t) most)
		return false;
	if (length > (size_t) most * (size_t) widest)
		return true;
	for (size_t at = 0; at < length; at += (size_t) pg_mblen(text + at))
		if (count++ == most)
			return true;
	return false;
}
