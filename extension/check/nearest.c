/*
 * nearest.c
 *	  The word that somebody may have meant.
 */
#include "check/nearest.h"

#include "mb/pg_wchar.h"
#include "pg/text_fold.h"
#include "utils/varlena.h"

/* Longer texts are no words. */
#define MOST_BYTES 200

/* Both are folded: UTF-8. */
static int
distance(const char *one, const char *other, int most)
{
	int			lengths[] = {(int) strlen(one), (int) strlen(other)};

	if (lengths[1] > MOST_BYTES || abs(lengths[0] - lengths[1]) > 4 * most)
		return most + 1;
	return varstr_levenshtein_less_equal(one, lengths[0], other, lengths[1], 1, 1, 1, most, true);
}

const char *
nearest_word(const char *text, size_t length, const TextList *words)
{
	const char *found = NULL;
	char	   *folded;
	int			most;

	if (length == 0 || length > MOST_BYTES || words->count > NEAREST_MOST_WORDS)
		return NULL;
	folded = text_fold(text, length);
	most = (pg_mbstrlen(folded) + 1) / 3;
	for (int i = 0; i < words->count && most >= 0; i++)
	{
		char	   *word = text_fold(words->items[i], strlen(words->items[i]));
		int			far = distance(folded, word, most);

		if (far <= most)
		{
			found = words->items[i];
			most = far - 1;
		}
		pfree(word);
	}
	pfree(folded);
	return found;
}

const char *
nearest_hint(const char *word)
{
	return word == NULL ? NULL : psprintf("Did you mean \"%s\"?", word);
}
