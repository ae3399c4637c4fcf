/*
 * text.c
 *	  See text.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "text.h"

#include <ctype.h>
#include <string.h>

#define REPLACEMENT		0xFFFD
#define ESCAPE_LENGTH	7		/* _xHHHH_ */

size_t
xlsx_text_put(uint32_t character, char *out)
{
	if (character < 0x80)
	{
		out[0] = (char) character;
		return 1;
	}
	if (character < 0x800)
	{
		out[0] = (char) (0xC0 | character >> 6);
		out[1] = (char) (0x80 | (character & 0x3F));
		return 2;
	}
	if (character < 0x10000)
	{
		out[0] = (char) (0xE0 | character >> 12);
		out[1] = (char) (0x80 | (character >> 6 & 0x3F));
		out[2] = (char) (0x80 | (character & 0x3F));
		return 3;
	}
	out[0] = (char) (0xF0 | character >> 18);
	out[1] = (char) (0x80 | (character >> 12 & 0x3F));
	out[2] = (char) (0x80 | (character >> 6 & 0x3F));
	out[3] = (char) (0x80 | (character & 0x3F));
	return 4;
}

static inline bool
is_tail(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

size_t
xlsx_text_character(const char *text, const char *end)
{
	const unsigned char *p = (const unsigned char *) text;
	ptrdiff_t	left = end - text;

	if (left < 1)
		return 0;
	if (p[0] < 0x80)
		return p[0] >= 0x20 || p[0] == '\t' || p[0] == '\n' || p[0] == '\r';
	if (p[0] < 0xE0)
		return p[0] >= 0xC2 && left >= 2 && is_tail(p[1]) ? 2 : 0;
	if (p[0] < 0xF0)
	{
		if (left < 3 || !is_tail(p[1]) || !is_tail(p[2]))
			return 0;
		if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F))
			return 0;
		return p[0] == 0xEF && p[1] == 0xBF && p[2] > 0xBD ? 0 : 3;
	}
	if (p[0] > 0xF4 || left < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
		return 0;
	return (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F) ? 0 : 4;
}

size_t
xlsx_text_count(const char *text, size_t length)
{
	size_t		count = 0,
				i;

	for (i = 0; i < length; i++)
		count += ((unsigned char) text[i] & 0xC0) != 0x80;
	return count;
}

static int
hex_value(char c)
{
	if (!isxdigit((unsigned char) c))
		return -1;
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The code unit of an escape at p, -1 when there is none. */
static int32_t
escaped_unit(const char *p, const char *end)
{
	int32_t		unit = 0;
	int			i;

	if (end - p < ESCAPE_LENGTH || p[0] != '_' || p[1] != 'x' || p[6] != '_')
		return -1;
	for (i = 2; i < 6; i++)
	{
		int			digit = hex_value(p[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* The character that begins with this code unit; a pair takes a second escape, and *p moves over it. */
static uint32_t
join_units(int32_t unit, const char **p, const char *end)
{
	int32_t		second;

	if (unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return REPLACEMENT;
	if (unit < 0xD800 || unit > 0xDFFF)
		return (uint32_t) unit;
	second = escaped_unit(*p, end);
	if (second < 0xDC00 || second > 0xDFFF)
		return REPLACEMENT;
	*p += ESCAPE_LENGTH;
	return 0x10000 + ((uint32_t) (unit - 0xD800) << 10) + (uint32_t) (second - 0xDC00);
}

size_t
xlsx_text_unescape(const char *text, size_t length, char *out)
{
	const char *p = text,
			   *end = text + length;
	char	   *start = out;

	while (p < end)
	{
		int32_t		unit = escaped_unit(p, end);

		if (unit < 0)
		{
			*out++ = *p++;
			continue;
		}
		p += ESCAPE_LENGTH;
		out += xlsx_text_put(join_units(unit, &p, end), out);
	}
	return (size_t) (out - start);
}

bool
xlsx_text_has_escape(const char *text, size_t length)
{
	return length >= ESCAPE_LENGTH && memmem(text, length, "_x", 2) != NULL;
}

int
xlsx_text_cut(const char *text, size_t length, int most)
{
	int			cut = most;

	if (length <= (size_t) most)
		return (int) length;
	while (cut > 0 && is_tail((unsigned char) text[cut]))
		cut--;
	return cut;
}

/* Reads one character; a byte that begins none stands for itself, above all characters. */
static uint32_t
next_character(const char **text)
{
	const unsigned char *p = (const unsigned char *) *text;
	size_t		length = xlsx_text_character(*text, *text + strnlen(*text, 4));

	*text += length > 0 ? length : 1;
	switch (length)
	{
		case 2:
			return (uint32_t) (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
		case 3:
			return (uint32_t) (p[0] & 0x0F) << 12 | (uint32_t) (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
		case 4:
			return (uint32_t) (p[0] & 0x07) << 18 | (uint32_t) (p[1] & 0x3F) << 12 |
				(uint32_t) (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
		default:
			return p[0] < 0x80 ? p[0] : 0x110000 + p[0];
	}
}

static uint32_t
to_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
		return c + 32;
	if (c >= 0x400 && c <= 0x40F)
		return c + 80;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x481))
		return c | 1;			/* capitals are even */
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
		return c + (c & 1);		/* capitals are odd */
	return c;
}

bool
xlsx_text_same(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0')
		if (to_lower(next_character(&a)) != to_lower(next_character(&b)))
			return false;
	return *a == *b;
}
