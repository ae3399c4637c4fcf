/*
 * format_section.h
 *	  The sections of a number format (ECMA-376 Part 1, 18.8.31), of numbers and of elapsed times.
 */
#ifndef XLSX_FORMAT_SECTION_H
#define XLSX_FORMAT_SECTION_H

#include <stdbool.h>
#include <stddef.h>

#define XLSX_MOST_PARTS	64			/* of a section; a longer one shows the plain number */

typedef enum XlsxPartKind
{
	XLSX_PART_DIGIT,					/* 0 # ? */
	XLSX_PART_POINT,
	XLSX_PART_COMMA,
	XLSX_PART_PERCENT,
	XLSX_PART_LITERAL,
	XLSX_PART_CURRENCY,
	XLSX_PART_UNIT,					/* h, m or s, in brackets or without */
	XLSX_PART_OTHER					/* scientific, a fraction, General, text: shown as a plain number */
} XlsxPartKind;

typedef struct XlsxFormatPart
{
	XlsxPartKind	kind;
	char		letter;			/* XLSX_PART_DIGIT: 0 # ?; XLSX_PART_UNIT: h m s, capital: in brackets */
	int			count;			/* XLSX_PART_UNIT: how many letters */
	const char *text;			/* XLSX_PART_LITERAL, XLSX_PART_CURRENCY */
	size_t		length;
} XlsxFormatPart;

typedef struct XlsxSection
{
	XlsxFormatPart		parts[XLSX_MOST_PARTS];
	int			count;
	bool		too_long;
	bool		has_condition;
	char		condition[3];	/* < <= > >= = <> */
	double		bound;
} XlsxSection;

/* Reads one section, whose texts stay in the code; returns the semicolon behind it, or the end of the code. */
extern const char *xlsx_section_read(XlsxSection *section, const char *code);

/* Where the digits before the point are: the first and the one behind the last; false: there are none. */
extern bool xlsx_section_whole(const XlsxSection *section, int *first, int *end);

/* Is what stands in brackets one of h, m, s, repeated or not, such as [hh]? Then it is elapsed time (ECMA-376 Part 1, 18.8.31). */
extern bool xlsx_section_is_elapsed(const char *inside, size_t length);

/* The section for a value. *minus: the number needs one before it. */
extern void xlsx_section_choose(const char *code, double value, XlsxSection *section, bool *minus);

#endif							/* XLSX_FORMAT_SECTION_H */
