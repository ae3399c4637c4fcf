/*
 * known_name.c
 *	  Names that a request may use, and suggestions for others.
 */
#include "api/known_name.h"

#include <ctype.h>
#include <string.h>

const char *const known_everywhere[KNOWN_EVERYWHERE + 1] = {"access_token", "lastEventId", "_", NULL};

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

bool
known_field_is(const char *known, const char *given)
{
	for (; *known != '\0'; known++)
	{
		if (isupper((unsigned char) *known) && given[0] == '_' && given[1] == tolower((unsigned char) *known))
			given += 2;
		else if (*known == *given)
			given++;
		else
			return false;
	}
	return *given == '\0';
}

int
known_field(const char *const *known, const char *given)
{
	for (int i = 0; known[i] != NULL; i++)
	{
		if (known_field_is(known[i], given))
			return i;
	}
	return -1;
}

/*
 * The name that is meant: the fewest letters are to be changed, added or left out
 */

/* Longer names are none of ours. */
#define MAX_LETTERS 40

/* Letters and digits in lower case. Returns their number; MAX_LETTERS: too many. */
static size_t
letters_of(const char *name, char *letters)
{
	size_t		count = 0;

	for (; *name != '\0' && count < MAX_LETTERS; name++)
	{
		if (*name != '_' && *name != '-' && *name != ' ')
			letters[count++] = (char) tolower((unsigned char) *name);
	}
	return count;
}

static size_t
least(size_t one, size_t other)
{
	return one < other ? one : other;
}

static size_t
distance(const char *one, size_t m, const char *other, size_t n)
{
	size_t		row[MAX_LETTERS + 1];

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++)
	{
		size_t		diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++)
		{
			size_t		above = row[j];

			row[j] = least(least(above, row[j - 1]) + 1, diagonal + (one[i - 1] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

const char *
known_name_meant(const char *const *known, const char *given)
{
	char		letters[MAX_LETTERS];
	char		others[MAX_LETTERS];
	size_t		count = letters_of(given, letters);
	size_t		most = count < 4 ? 1 : count < 9 ? 2 : count / 3;
	const char *found = NULL;

	if (count == 0 || count == MAX_LETTERS)
		return NULL;
	for (int i = 0; known[i] != NULL; i++)
	{
		size_t		other = letters_of(known[i], others);
		size_t		far = other == 0 ? MAX_LETTERS : distance(letters, count, others, other);

		if (far < most || (far == most && found == NULL))
		{
			found = known[i];
			most = far;
		}
	}
	return found;
}

void
known_name_refuse(Buf *problem, Buf *hint, const char *what, const char *const *known, const char *given)
{
	const char *meant = known_name_meant(known, given);

	buf_printf(problem, "unknown %s \"%s\"", what, given);
	if (meant != NULL)
	{
		buf_printf(problem, "; did you mean \"%s\"?", meant);
		return;
	}
	buf_puts(hint, "Known are ");
	for (int i = 0; known[i] != NULL; i++)
		buf_printf(hint, "%s%s", i == 0 ? "" : known[i + 1] == NULL ? " and " : ", ", known[i]);
	buf_putc(hint, '.');
}
