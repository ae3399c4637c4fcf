/*
 * nearest.h
 *	  The word that somebody may have meant.
 *
 * Call nearest_begin with the text, then nearest_try with each word.
 */
#ifndef PG_XLSX_NEAREST_H
#define PG_XLSX_NEAREST_H

#include "pg/pg_xlsx.h"

/* Most words that are compared with a text. Of longer lists, none is suggested. */
#define NEAREST_MOST_WORDS 2000

typedef struct Nearest
{
	char	   *text;			/* folded */
	size_t		length;
	uint64		letters;		/* which bytes it has, modulo 64 */
	int			most;			/* so many changes still count */
	int			found;			/* number of the word that is most like the text, of equals the first; -1: none */
} Nearest;

/*
 * The text is in the database's encoding. A word is like it if at most a third of its bytes (one of less than four, two of
 * less than nine) have to be changed, added or left out, without case and accents.
 */
extern void nearest_begin(Nearest *nearest, const char *text, size_t length);

/* word: terminated, as text_fold returns it. */
extern void nearest_try(Nearest *nearest, const char *word, size_t length, int number);

/* "Did you mean "Marketing"?", in the current memory context. */
extern char *nearest_hint(const char *word);

#endif							/* PG_XLSX_NEAREST_H */
