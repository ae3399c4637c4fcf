/*
 * xml.h
 *	  Wraps expat: namespaces by number, limits, no DTD.
 *
 * The owner feeds the parser, which calls the handlers. A handler may end the parse
 * (xlsx_xml_stop, after filling xlsx_xml_error) or pause it (xlsx_xml_pause): feeding
 * then returns early, and xlsx_xml_resume continues with the bytes that were fed.
 * Document types are refused, so there are no entities except XML's own five, and
 * nothing outside the part is ever read.
 */
#ifndef XLSX_XML_H
#define XLSX_XML_H

#include "memory.h"
#include "status.h"

typedef struct XlsxXml XlsxXml;

/* Transitional and strict (ECMA-376 Part 4 and Part 1) count as the same. */
typedef enum XlsxXmlSpace
{
	XLSX_XML_NONE,				/* no namespace */
	XLSX_XML_MAIN,				/* SpreadsheetML */
	XLSX_XML_RELATIONSHIP,		/* r:id and its kin */
	XLSX_XML_PACKAGE,			/* the relationship parts themselves */
	XLSX_XML_CONTENT_TYPES,
	XLSX_XML_OTHER
} XlsxXmlSpace;

/* Names are local names. attributes: name, value, ..., NULL; look with xlsx_xml_attribute. Any may be NULL. */
typedef struct XlsxXmlHandlers
{
	void		(*start) (void *context, XlsxXmlSpace space, const char *name, const char **attributes);
	void		(*end) (void *context, XlsxXmlSpace space, const char *name);
	void		(*text) (void *context, const char *text, size_t length);
} XlsxXmlHandlers;

/* part is its name, for messages; part and limits must outlive the parser, handlers are copied. */
extern XlsxStatus xlsx_xml_open(XlsxMemory *memory, const XlsxLimits *limits, const char *part,
								const XlsxXmlHandlers *handlers, void *context, XlsxXml **xml, XlsxError *error);

/* At most XLSX_XML_PIECE bytes; the last call says so. */
#define XLSX_XML_PIECE	(64 * 1024)
extern XlsxStatus xlsx_xml_feed(XlsxXml *xml, const char *bytes, size_t length, bool last, XlsxError *error);
extern XlsxStatus xlsx_xml_resume(XlsxXml *xml, XlsxError *error);
extern bool xlsx_xml_paused(const XlsxXml *xml);

/*
 * Has every byte that was fed been parsed? expat keeps a token that may be
 * cut off, and newer versions keep it longer than necessary (reparse
 * deferral).
 */
extern bool xlsx_xml_is_settled(const XlsxXml *xml);

/* For handlers. */
extern void xlsx_xml_pause(XlsxXml *xml);
extern XlsxError *xlsx_xml_error(XlsxXml *xml);
extern void xlsx_xml_stop(XlsxXml *xml, XlsxStatus status);

/* Open elements; in a start handler without the new one, in an end handler without the old one. */
extern uint32_t xlsx_xml_depth(const XlsxXml *xml);

/* Value of an attribute without namespace, or of one in the relationship namespace. NULL if it is absent. */
extern const char *xlsx_xml_attribute(const char **attributes, const char *name);
extern const char *xlsx_xml_relationship(const char **attributes, const char *name);

/*
 * For a scanner that reads beside expat: are the bytes UTF-8 and names without
 * prefix those of SpreadsheetML here, and can nothing that it accepts be above
 * a limit?  Is this prefix bound here?
 */
extern bool xlsx_xml_is_plain(const XlsxXml *xml);
extern bool xlsx_xml_is_bound(const XlsxXml *xml, const char *prefix, size_t length);

extern void xlsx_xml_close(XlsxXml *xml);	/* NULL is fine */

#endif							/* XLSX_XML_H */
