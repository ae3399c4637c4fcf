/*
 * directory.h
 *	  The central directory of a zip archive (PKWARE APPNOTE 4.3 and 4.4).
 *
 * This is not minizip's work because minizip, as distributions ship it, does not
 * see the zip64 sizes that streaming writers use, allocates by malloc and cannot be
 * left by longjmp. This module knows zip64, junk in front of the archive, and a
 * comment and junk behind it. It compares every offset and size with the size of
 * the file.
 */
#ifndef XLSX_DIRECTORY_H
#define XLSX_DIRECTORY_H

#include "memory.h"
#include "source.h"

typedef struct XlsxDirectoryEntry
{
	char	   *name;			/* as spelt, without leading slashes */
	uint32_t	crc;
	uint64_t	stored;			/* bytes in the archive */
	uint64_t	size;			/* bytes when inflated */
	uint64_t	offset;			/* of the local header, in the file */
	uint16_t	method;
	uint16_t	flags;
} XlsxDirectoryEntry;

typedef struct XlsxDirectory
{
	XlsxDirectoryEntry *entries;
	size_t		count;
	size_t		capacity;
	XlsxDirectoryEntry **by_name;	/* ordered by name, of equal names by place */
} XlsxDirectory;

/* XLSX_NOT_A_WORKBOOK if there is no directory; memory owns the entries. */
extern XlsxStatus xlsx_directory_read(const XlsxSource *source, const XlsxLimits *limits, XlsxMemory *memory,
									  XlsxDirectory *directory, XlsxError *error);

/* Index of the last entry with that name, SIZE_MAX if there is none. zip.h says which names are equal. */
extern size_t xlsx_directory_find(const XlsxDirectory *directory, const char *name);

extern void xlsx_directory_free(XlsxDirectory *directory, XlsxMemory *memory);

/* Little-endian numbers, as all of zip has them. */
static inline uint32_t
xlsx_zip_16(const unsigned char *p)
{
	return (uint32_t) p[0] | (uint32_t) p[1] << 8;
}

static inline uint32_t
xlsx_zip_32(const unsigned char *p)
{
	return xlsx_zip_16(p) | xlsx_zip_16(p + 2) << 16;
}

static inline uint64_t
xlsx_zip_64(const unsigned char *p)
{
	return xlsx_zip_32(p) | (uint64_t) xlsx_zip_32(p + 4) << 32;
}

#endif							/* XLSX_DIRECTORY_H */
