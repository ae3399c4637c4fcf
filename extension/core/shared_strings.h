/*
 * shared_strings.h
 *	  The shared strings of a workbook: one arena of text, one index.
 */
#ifndef XLSX_SHARED_STRINGS_H
#define XLSX_SHARED_STRINGS_H

#include "memory.h"
#include "zip.h"

typedef struct XlsxStrings
{
	char	   *text;			/* all strings, one behind the other */
	uint32_t   *starts;			/* count + 1 of them */
	size_t		count;
} XlsxStrings;

/*
 * part is the shared strings part; memory owns the result.  The count that the
 * part claims is not believed.  scan = false leaves all to expat (for tests).
 */
extern XlsxStatus xlsx_strings_load(XlsxZip *zip, size_t part, const XlsxLimits *limits, XlsxMemory *memory,
									bool scan, XlsxStrings *strings, XlsxError *error);

#endif							/* XLSX_SHARED_STRINGS_H */
