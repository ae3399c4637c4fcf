/*
 * styles.h
 *	  Finds the cell formats that show a number as a date or time.
 */
#ifndef XLSX_STYLES_H
#define XLSX_STYLES_H

#include "memory.h"
#include "zip.h"

typedef enum XlsxFormat
{
	XLSX_FORMAT_NUMBER,
	XLSX_FORMAT_CALENDAR,		/* dates and times of day */
	XLSX_FORMAT_ELAPSED,		/* [h]:mm:ss */
	XLSX_FORMAT_DIGITS,			/* numbers with leading zeros or literals (shown.h) */
	XLSX_FORMAT_PERCENT
} XlsxFormat;

typedef struct XlsxStyles
{
	uint8_t    *formats;		/* XlsxFormat by index of cellXfs (18.8.10) */
	const char **number_formats;	/* the code of each */
	size_t		count;
} XlsxStyles;

/* What a number format code (18.8.31) shows; its first section decides. */
extern XlsxFormat xlsx_format_of_code(const char *code);

/* The same for a number format without a code in the file (18.8.30). */
extern XlsxFormat xlsx_format_of_id(uint32_t id);

/* The code of a number format without one in the file; "General" where the standard has none. */
extern const char *xlsx_code_of_format(uint32_t id);

/* part is the styles part; memory owns the result. */
extern XlsxStatus xlsx_styles_load(XlsxZip *zip, size_t part, const XlsxLimits *limits, XlsxMemory *memory,
								   XlsxStyles *styles, XlsxError *error);

/* A style that is missing in the file shows numbers as numbers. */
static inline XlsxFormat
xlsx_styles_format(const XlsxStyles *styles, uint32_t style)
{
	return style < styles->count ? (XlsxFormat) styles->formats[style] : XLSX_FORMAT_NUMBER;
}

#endif							/* XLSX_STYLES_H */
