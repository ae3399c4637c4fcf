/*
 * utf8.c
 *	  Well-formed UTF-8.
 */
#include "base/utf8.h"

static bool
is_tail(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

static size_t
three_bytes(const unsigned char *p)
{
	if (p[0] == 0xE0 && p[1] < 0xA0)
		return 0;				/* overlong */
	if (p[0] == 0xED && p[1] > 0x9F)
		return 0;				/* surrogate */
	return is_tail(p[1]) && is_tail(p[2]) ? 3 : 0;
}

static size_t
four_bytes(const unsigned char *p)
{
	if (p[0] == 0xF0 && p[1] < 0x90)
		return 0;				/* overlong */
	if (p[0] == 0xF4 && p[1] > 0x8F)
		return 0;				/* beyond U+10FFFF */
	return is_tail(p[1]) && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
}

size_t
utf8_sequence(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *) text;

	if (len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF && len >= 2)
		return is_tail(p[1]) ? 2 : 0;
	if (p[0] >= 0xE0 && p[0] <= 0xEF && len >= 3)
		return three_bytes(p);
	if (p[0] >= 0xF0 && p[0] <= 0xF4 && len >= 4)
		return four_bytes(p);
	return 0;
}

bool
utf8_valid(const char *text, size_t len)
{
	while (len > 0)
	{
		size_t		step = utf8_sequence(text, len);

		if (step == 0)
			return false;
		text += step;
		len -= step;
	}
	return true;
}
