/*
 * part.h
 *	  An XML part that is read from the container: a window of bytes, and
 *	  expat.
 *
 * Small parts are parsed by expat (xlsx_part_parse). Sheets and shared strings
 * may be huge, so expat and a scanner read them in turns. expat takes the bytes
 * up to a landmark such as "<sheetData>". If its handlers confirm that this was
 * the element, and no text or comment, the scanner reads the bytes that follow,
 * and expat never sees them. The scanner leaves bytes that it does not know in
 * the window. Then expat takes over, up to the next landmark.
 */
#ifndef XLSX_PART_H
#define XLSX_PART_H

#include "xml.h"
#include "zip.h"

#define XLSX_PART_PADDING	64	/* zero bytes behind the window: a scanner may read ahead, and stops */

typedef struct XlsxPart
{
	char	   *window;
	size_t		next;			/* first byte of the window that has not been taken */
	size_t		have;			/* end of the bytes in the window */
	size_t		capacity;
	bool		at_end;			/* nothing comes behind the window */
	bool		finished;		/* expat has seen the end and is content */
	bool		at_landmark;	/* the last piece fed was one */
	XlsxXml    *xml;
	XlsxZipStream *stream;
	XlsxMemory *memory;
} XlsxPart;

/* The part named name must be in the zip. handlers get context. */
extern XlsxStatus xlsx_part_open(XlsxZip *zip, size_t index, const XlsxLimits *limits, XlsxMemory *memory,
								 const XlsxXmlHandlers *handlers, void *context, XlsxPart **part, XlsxError *error);

/*
 * Moves the bytes that have not been taken to the front of the window and
 * reads more behind them. A full window grows if it is below most bytes;
 * otherwise XLSX_LIMIT, and error is not filled.
 */
extern XlsxStatus xlsx_part_fill(XlsxPart *part, size_t most, XlsxError *error);

/*
 * One step of expat: up to the next landmark (may be NULL), through it, or to the
 * end of the window. *reached: expat is right behind a landmark. If a handler has
 * paused the parser, the next call resumes it.
 */
extern XlsxStatus xlsx_part_feed(XlsxPart *part, const char *landmark, bool *reached, XlsxError *error);

/*
 * All of a part, which may have at most XLSX_PART_SMALL bytes, from opening to
 * closing.  *xml is the parser while handlers run, for them to use.
 */
#define XLSX_PART_SMALL	(64 * 1024 * 1024)
extern XlsxStatus xlsx_part_parse(XlsxZip *zip, size_t index, const XlsxLimits *limits, XlsxMemory *memory,
								  const XlsxXmlHandlers *handlers, void *context, XlsxXml **xml,
								  XlsxError *error);

extern void xlsx_part_close(XlsxPart *part);	/* NULL is fine */

#endif							/* XLSX_PART_H */
