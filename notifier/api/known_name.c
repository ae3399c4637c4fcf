/*
 * known_name.c
 *	  Names that a request may use, and suggestions for others.
 */
#include "api/known_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

int
known_name(const char *const *known, const char *name)
{
	for (int i = 0; known[i] != NULL; i++)
	{
		if (strcmp(known[i], name) == 0)
			return i;
	}
	return -1;
}

/* The next letter or digit, in lower case; 0 at the end. */
static int
next_letter(const char **text)
{
	while (**text == '_' || **text == '-' || **text == ' ')
		(*text)++;
	return **text == '\0' ? 0 : tolower((unsigned char) *(*text)++);
}

static bool
is_meant(const char *known, const char *given)
{
	int			letter;

	do
	{
		letter = next_letter(&known);
		if (letter != next_letter(&given))
			return false;
	} while (letter != 0);
	return true;
}

void
known_name_hint(Buf *hint, const char *const *known, const char *given)
{
	for (int i = 0; known[i] != NULL; i++)
	{
		if (is_meant(known[i], given))
		{
			buf_printf(hint, "Did you mean \"%s\"?", known[i]);
			return;
		}
	}
	if (known[0] == NULL)
	{
		buf_puts(hint, "There are none here.");
		return;
	}
	buf_puts(hint, "Known are ");
	for (int i = 0; known[i] != NULL; i++)
		buf_printf(hint, "%s%s", i == 0 ? "" : known[i + 1] == NULL ? " and " : ", ", known[i]);
	buf_putc(hint, '.');
}
