/*
 * plan_words.h
 *	  Lists of words in a plan: the labels of an enum, the arguments of a rule
 *	  one_of.
 */
#ifndef PG_XLSX_PLAN_WORDS_H
#define PG_XLSX_PLAN_WORDS_H

#include "pg/pg_xlsx.h"

#include "check/plan.h"

#define WORD_UNKNOWN (-1)
#define WORD_AMBIGUOUS (-2)		/* without case and accents, it is several words of the list */

/* Place of a text in a list, or one of the above. It is compared byte by byte first, then, if ignore_case, as text_fold folds it. */
extern int	plan_words_find(const JudgePlan *plan, const PlanWords *words, bool ignore_case, const char *text, size_t length);

/* A hint with the word that is most like the text, in the current memory context; NULL: none is. */
extern const char *plan_words_hint(const JudgePlan *plan, const PlanWords *words, const char *text, size_t length);

/* The words as a list for people: some of them, then "…". In the current memory context. */
extern char *words_for_people(const TextList *words);

#endif							/* PG_XLSX_PLAN_WORDS_H */
