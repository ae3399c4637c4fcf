/*
 * text_trim.c
 *	  White space as users of a spreadsheet understand it.
 */
#include "pg/text_trim.h"

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

/* Bytes of the white space character at the end of text; 0 when there is none. */
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

/* A visible ASCII character. No white space character begins or ends with such a byte. */
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
