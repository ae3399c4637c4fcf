/*
 * shared_strings.h
 *	  The shared strings of a workbook: one arena of text, one index.
 *
 * They are read when a cell asks for one that is not there yet: programs
 * write them in the order in which the cells first name them, so that the first rows of a
 * large sheet can be handed out when a small part of its strings is read.
 */
#ifndef XLSX_SHARED_STRINGS_H
#define XLSX_SHARED_STRINGS_H

#include "memory.h"
#include "zip.h"

typedef struct XlsxStringsLoader XlsxStringsLoader;

typedef struct XlsxStrings
{
	char	   *text;			/* all strings, one behind the other */
	uint32_t   *starts;			/* count + 1 of them */
	size_t		count;			/* so far */
	XlsxStringsLoader *loader;	/* NULL: these are all */
} XlsxStrings;

/*
 * part is the shared strings part; memory owns the result, and zip, limits and memory
 * must outlive it.  The count that the part claims is not believed.  scan = false leaves all to
 * expat (for tests).  No string is read yet.
 */
extern XlsxStatus xlsx_strings_open(XlsxZip *zip, size_t part, const XlsxLimits *limits, XlsxMemory *memory,
									bool scan, XlsxStrings *strings, XlsxError *error);

/*
 * Reads on until string index is there or all are: the caller then looks at
 * count.  With UINT64_MAX the part is known to be whole.  After a failure each call
 * for a string that is not there fails in the same way.  Text that is there does not move.
 */
extern XlsxStatus xlsx_strings_reach(XlsxStrings *strings, uint64_t index, XlsxError *error);

#endif							/* XLSX_SHARED_STRINGS_H */
