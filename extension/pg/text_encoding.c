/*
 * text_encoding.c
 *	  Converts between UTF-8 and the database's encoding.
 */
#include "pg/text_encoding.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

/*
 * Are these eight bytes ASCII without NUL? The high bit of a byte is set if it was set before, or
 * if subtracting 1 has borrowed because the byte is 0.
 */
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

/* ASCII without NUL, checked eight bytes at a time. The last bytes may be checked twice. */
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

/* Does the database store UTF-8 as it is? */
static bool
keeps_utf8(void)
{
	return GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII;
}

/*
 * Converts valid UTF-8 to a new string in the database's encoding. Returns false when the
 * encoding lacks a character.
 */
static bool
convert(const char *text, size_t length, char **converted)
{
	Oid			conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	size_t		room = length * MAX_CONVERSION_GROWTH + 1;

	if (!OidIsValid(conversion))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("there is no conversion from UTF8 to %s", GetDatabaseEncodingName())));
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
		return text;			/* ASCII is the same in every server encoding */
	*valid = pg_verify_mbstr(PG_UTF8, text, (int) length, true);
	if (!*valid || keeps_utf8())
		return text;
	*valid = convert(text, length, &converted);
	*server_length = strlen(converted);
	return converted;
}

/* Bytes of the UTF-8 character at the start of text; 1 when there is none. */
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
