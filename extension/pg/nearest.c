/*
 * nearest.c
 *	  The word that somebody may have meant.
 */
#include "pg/nearest.h"

#include "mb/pg_wchar.h"
#include "pg/text_distance.h"
#include "pg/text_fold.h"
#include "port/pg_bitutils.h"

/* Longer texts are no words. */
#define MOST_BYTES 200

static uint64
letters_of(const char *text, size_t length)
{
	uint64		letters = 0;

	for (size_t i = 0; i < length; i++)
		letters |= UINT64CONST(1) << (text[i] & 63);
	return letters;
}

void
nearest_begin(Nearest *nearest, const char *text, size_t length)
{
	*nearest = (Nearest) {.found = -1,.most = -1};
	if (length == 0 || length > MOST_BYTES)
		return;
	nearest->text = text_fold(text, length);
	nearest->length = strlen(nearest->text);
	nearest->letters = letters_of(nearest->text, nearest->length);
	/* Two neighbours that have changed places are two changes. */
	nearest->most = nearest->length < 4 ? 1 : Max(2, (int) nearest->length / 3);
}

/* Each change takes one letter away and brings another, at most. Most words are left out by that, at little cost. */
static bool
may_be_near(const Nearest *nearest, const char *word, size_t length)
{
	size_t		apart = length > nearest->length ? length - nearest->length : nearest->length - length;

	return nearest->most >= 0 && apart <= (size_t) nearest->most &&
		pg_popcount64(nearest->letters ^ letters_of(word, length)) <= 2 * nearest->most;
}

void
nearest_try(Nearest *nearest, const char *word, size_t length, int number)
{
	int			far;

	if (!may_be_near(nearest, word, length))
		return;
	far = text_distance(nearest->text, word);
	if (far > nearest->most)
		return;
	nearest->found = number;
	nearest->most = far - 1;
}

char *
nearest_hint(const char *word)
{
	return psprintf("Did you mean \"%s\"?", word);
}
