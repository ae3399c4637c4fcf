/*
 * shown.h
 *	  Numbers as their format shows them (ECMA-376 Part 1, 18.8.31), where the format says more than
 *	  the number: leading zeros (00000), literals between or before the digits (000-00-0000, "ART-"0),
 *	  percent, elapsed time ([h]:mm).
 *
 * Currencies, thousands separators and decimals are no such formats, nor are scientific notation and
 * fractions.
 */
#ifndef XLSX_SHOWN_H
#define XLSX_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum XlsxShows
{
	XLSX_SHOWS_NUMBER,			/* nothing more */
	XLSX_SHOWS_DIGITS,			/* leading zeros or literals: the number is a name */
	XLSX_SHOWS_PERCENT
} XlsxShows;

/* What a format of numbers shows; its first section decides. */
extern XlsxShows xlsx_shows(const char *code);

/*
 * The text, with its final NUL; its length, 0 where the format's section for this value shows no digits, or where the text
 * does not fit in size bytes.  stored: the number in the file.
 */
extern size_t xlsx_shown_number(const char *code, double value, const char *stored, size_t stored_length, char *buffer,
								size_t size);

/* The same for an elapsed time. */
extern size_t xlsx_shown_elapsed(const char *code, double serial, char *buffer, size_t size);

#endif							/* XLSX_SHOWN_H */
