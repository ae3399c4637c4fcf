/*
 * language.h
 *	  How people of a locale write dates, numbers and truth.
 *
 * Known languages: English, German, French, Spanish, Portuguese. Texts are UTF-8, whatever the
 * database's encoding is, and compared without case.
 */
#ifndef PG_XLSX_LANGUAGE_H
#define PG_XLSX_LANGUAGE_H

#include "pg/pg_xlsx.h"

typedef struct Language Language;

/* Of "de", "de-AT", "de_AT.UTF-8"; NULL: unknown, or no locale. */
extern const Language *language_of(const char *locale);

/* Its number, from 1, for a block without pointers; 0 for NULL. */
extern int	language_number(const Language *language);
extern const Language *language_numbered(int number);

/* What a locale declares: a DayOrder, a DecimalSign; -1: nothing, because its regions differ. */
extern int	language_date_order(const char *locale);
extern int	language_decimal(const char *locale);

/* The month of a word in the language or in English (NULL: in any language), full or short: 1 to 12; 0: none. */
extern int	language_month(const Language *language, const char *word, size_t length);

/* Is it the name of a day of the week, in any language? */
extern bool language_is_weekday(const char *word, size_t length);

/* Does the word mean true or false in the language? */
extern bool language_truth(const Language *language, const char *word, size_t length, bool *truth);

/* Length of the word of letters at the start of the text. */
extern size_t language_word(const char *text, const char *end);

#endif							/* PG_XLSX_LANGUAGE_H */
