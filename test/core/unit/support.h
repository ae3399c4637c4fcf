/*
 * support.h
 *	  Functions that the unit tests of the reader library share: workbooks
 *	  made in memory, cells as text, allocators and sources that fail on
 *	  purpose.
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "book.h"
#include "sheet.h"

/* ---------- bytes ---------- */

typedef struct Bytes
{
	char	   *data;			/* always with a NUL behind the end */
	size_t		length;
	size_t		capacity;
} Bytes;

extern void bytes_add(Bytes *bytes, const void *data, size_t length);
extern void bytes_addf(Bytes *bytes, const char *format,...) __attribute__((format(printf, 2, 3)));
extern void bytes_free(Bytes *bytes);

/* Stops the test if the file cannot be read. */
extern Bytes read_whole(const char *path);

/* ---------- zip ---------- */

typedef struct ZipOptions
{
	int			method;			/* 0 stored, 8 deflated, others are only written into the headers */
	bool		descriptor;		/* sizes behind the data, as by a program that streams */
	bool		encrypted;		/* only the flag */
	bool		zip64;			/* sizes and offset in the extra field only */
	uint32_t	crc_xor;
	int64_t		size_off;		/* added to the inflated size that the headers claim */
	int64_t		stored_off;		/* added to the stored size */
	int64_t		offset_off;		/* added to the place of the local header */
} ZipOptions;

typedef struct ZipWriter
{
	Bytes		file;
	Bytes		directory;
	unsigned	count;
} ZipWriter;

extern const ZipOptions deflated;

/* Makes zip_text and its users store instead of deflate, because fuzzers need speed. */
extern bool zip_text_is_stored;

extern void zip_add(ZipWriter *zip, const char *name, const void *content, size_t length, const ZipOptions *options);
extern void zip_text(ZipWriter *zip, const char *name, const char *text);
extern Bytes zip_finish(ZipWriter *zip, const char *comment);

/* ---------- workbooks ---------- */

#define MAIN_NS		"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define STRICT_NS	"http://purl.oclc.org/ooxml/spreadsheetml/main"
#define REL_NS		"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define STRICT_REL_NS "http://purl.oclc.org/ooxml/officeDocument/relationships"
#define PACKAGE_NS	"http://schemas.openxmlformats.org/package/2006/relationships"

/* Parts as text; NULL means a plain default, "" means that the part is missing. */
typedef struct BookParts
{
	const char *rels;
	const char *workbook;
	const char *workbook_rels;
	const char *styles;			/* default: 1 is a date, 2 a date and time, 3 elapsed, 4 text */
	const char *strings;		/* default: "zero", "one", "two" */
	const char *sheet;
} BookParts;

extern Bytes book_of(const BookParts *parts);

/* A workbook whose only sheet has these rows: the text between <sheetData> and </sheetData>. */
extern Bytes book_of_rows(const char *rows);

/*
 * All cells, one in a line: "B7 number 1.5"; those of further sheets with the
 * sheet's number in front, "2!B7 number 1.5".  After a failure its last line
 * is "error STATUS: message; detail; hint @ part row R column C".
 */
extern char *dump(const Bytes *book, const XlsxLimits *limits, bool expat_only);

/*
 * Are two dumps the same?  If both end with a failure, its place and its kind
 * may differ, but the cells before it must not.
 */
extern bool same_cells(const char *a, const char *b);

/* Dumps by scanner and by expat; both must be equal to expected. */
extern void assert_book(const Bytes *book, const char *expected);
extern void assert_rows(const char *rows, const char *expected);

/* Requires a failure whose text begins with "error STATUS: message", at any place. */
extern void assert_fails(const Bytes *book, const XlsxLimits *limits, XlsxStatus status, const char *words);
extern void assert_rows_fail(const char *rows, XlsxStatus status, const char *words);

/* ---------- failing on purpose ---------- */

/* Counts blocks that are not freed. The allocation number fail_at (from 1) and all later ones fail. */
typedef struct CountingMemory
{
	long		live;
	long		calls;
	long		fail_at;
} CountingMemory;

extern XlsxAllocator counting_allocator(CountingMemory *memory);

/* Leaves by longjmp at read number jump_at (from 1), and never returns more than piece bytes, if piece is set. */
typedef struct JumpingSource
{
	const Bytes *bytes;
	size_t		piece;
	long		reads;
	long		jump_at;
	long		fail_at;
	jmp_buf		target;
} JumpingSource;

extern XlsxSource jumping_source(JumpingSource *source);

#endif							/* TEST_SUPPORT_H */
