/*
 * scan.h
 *	  Reads XML constructs directly from a buffer, for the fast paths.
 *
 * Every function knows a part of XML only, but knows it exactly: what it
 * accepts, expat accepts with the same meaning. For anything else it returns
 * NULL and expat decides; errors are never found here. The buffer ends with zero
 * bytes, which no construct contains, so no function reads beyond it.
 */
#ifndef XLSX_SCAN_H
#define XLSX_SCAN_H

#include <string.h>

#include "xml.h"

#if defined(__SSE2__) && !defined(XLSX_PORTABLE)
#include <emmintrin.h>
#endif

/* What a text contains besides plain characters. */
#define XLSX_SCAN_CODED		1	/* references or carriage returns: xlsx_scan_decode it */
#define XLSX_SCAN_ESCAPE	2	/* maybe _xHHHH_ */

#define XLSX_SCAN_ATTRIBUTES	16

typedef struct XlsxScanWord
{
	const char *text;
	size_t		length;
} XlsxScanWord;

typedef struct XlsxScanTag
{
	bool		empty;			/* "/>" */
	unsigned	count;
	XlsxScanWord names[XLSX_SCAN_ATTRIBUTES];	/* those with a prefix are checked and left out */
	XlsxScanWord values[XLSX_SCAN_ATTRIBUTES];
} XlsxScanTag;

/* From behind the name of an element to behind its ">". */
extern const char *xlsx_scan_tag(const char *p, const XlsxXml *xml, XlsxScanTag *tag);

/* NULL when it is not there. */
extern const XlsxScanWord *xlsx_scan_attribute(const XlsxScanTag *tag, const char *name);

/* Text up to the next "<"; adds to *flags what it contains. */
extern const char *xlsx_scan_text(const char *p, unsigned *flags);

/* Text that xlsx_scan_text has accepted, with references resolved and line ends made LF; out has room for all of it. */
extern size_t xlsx_scan_decode(const char *text, const char *end, char *out);

static inline bool
xlsx_scan_is(const char *p, const char *word, size_t length)
{
	return memcmp(p, word, length) == 0;
}

/* Does the buffer continue with this string literal? */
#define XLSX_SCAN_IS(p, literal) xlsx_scan_is((p), (literal), sizeof(literal) - 1)

static inline const char *
xlsx_scan_space(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/* First byte that is not printable ASCII, or is one of < & ] _ */
static inline const char *
xlsx_scan_plain(const char *p)
{
#if defined(__SSE2__) && !defined(XLSX_PORTABLE)
	const __m128i less = _mm_set1_epi8('<'),
				ampersand = _mm_set1_epi8('&'),
				bracket = _mm_set1_epi8(']'),
				underscore = _mm_set1_epi8('_'),
				control = _mm_set1_epi8(0x1F);

	for (;; p += 16)
	{
		__m128i		bytes = _mm_loadu_si128((const __m128i *) p);
		__m128i		markup = _mm_or_si128(_mm_cmpeq_epi8(bytes, less), _mm_cmpeq_epi8(bytes, ampersand));
		__m128i		other = _mm_or_si128(_mm_cmpeq_epi8(bytes, bracket), _mm_cmpeq_epi8(bytes, underscore));
		__m128i		printable = _mm_andnot_si128(_mm_or_si128(markup, other), _mm_cmpgt_epi8(bytes, control));
		unsigned	plain = (unsigned) _mm_movemask_epi8(printable);

		if (plain != 0xFFFF)
			return p + __builtin_ctz(~plain);
	}
#else
	while ((signed char) *p > 0x1F && *p != '<' && *p != '&' && *p != ']' && *p != '_')
		p++;
	return p;
#endif
}

#endif							/* XLSX_SCAN_H */
