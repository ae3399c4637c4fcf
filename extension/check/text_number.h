/*
 * text_number.h
 *	  Numbers as people write them: 1.234,50 €, 1 234.5, (12.50), 5,5 %.
 *
 * Known are group separators (the sign that is not the decimal sign, spaces, apostrophes), signs of
 * currencies and their codes, a minus before or behind, parentheses for a minus, percent. A text
 * fits a decimal sign or not; a text that fits both with two values is ambiguous.
 */
#ifndef PG_XLSX_TEXT_NUMBER_H
#define PG_XLSX_TEXT_NUMBER_H

#include "pg/pg_xlsx.h"

#include "profile/words.h"

/* Room for what text_number_read writes. */
#define TEXT_NUMBER_ROOM(length) ((length) + 8)

/*
 * The number in the form of decimal.h, such as -1234.50 or 5.5e-2. text is UTF-8, without white
 * space at its ends. Returns the length; 0 if the text is no number with that decimal sign.
 */
extern size_t text_number_read(const char *text, size_t length, DecimalSign sign, char *out);

/*
 * The same for the usual forms, quicker: -1.234,50 of at most 15 digits, as digits / 10 ^ places without zeros at the end. False: it has
 * another form, or is no number.
 */
extern bool text_number_short(const char *text, size_t length, DecimalSign sign, int64 *digits, int *places);

/* Digits alone, maybe with a minus before them: the same with each decimal sign. */
extern bool text_number_is_plain(const char *text, size_t length);

#endif							/* PG_XLSX_TEXT_NUMBER_H */
