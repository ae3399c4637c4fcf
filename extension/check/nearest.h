/*
 * nearest.h
 *	  The word that somebody may have meant.
 */
#ifndef PG_XLSX_NEAREST_H
#define PG_XLSX_NEAREST_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* Most words that are compared with a text; with more of them, none is suggested. */
#define NEAREST_MOST_WORDS 2000

/*
 * The word of the list that is most like the text, if at most a third of its characters differ without case and accents;
 * of equals the first. NULL if there is none. Texts are in the database's encoding; the result is the word of the list.
 */
extern const char *nearest_word(const char *text, size_t length, const TextList *words);

/* "Did you mean "Marketing"?", in the current memory context; NULL for no word. */
extern const char *nearest_hint(const char *word);

#endif							/* PG_XLSX_NEAREST_H */
