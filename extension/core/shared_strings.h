/*
 * shared_strings.h
 *	  The shared strings of a workbook: one arena of text, one index.
 *
 * They are read when a cell refers to one that has not been read. Programs write them in
 * the order in which cells first refer to them, so the first rows of a large sheet need a
 * small part of the strings only.
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
 * part is the shared strings part; memory owns the result, and zip, limits and memory must
 * outlive it.  The count in the part is not trusted. scan = false leaves everything to expat,
 * for tests. Reads no string.
 */
extern XlsxStatus xlsx_strings_open(XlsxZip *zip, size_t part, const XlsxLimits *limits, XlsxMemory *memory,
									bool scan, XlsxStrings *strings, XlsxError *error);

/*
 * Reads until string index or the last string has been read; the caller then checks count.
 * UINT64_MAX reads the whole part. After a failure each call for an unread string fails in
 * the same way. Text that was read does not move.
 */
extern XlsxStatus xlsx_strings_reach(XlsxStrings *strings, uint64_t index, XlsxError *error);

#endif							/* XLSX_SHARED_STRINGS_H */
