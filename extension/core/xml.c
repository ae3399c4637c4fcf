/*
 * xml.c
 *	  See xml.h.
 */
#include "xml.h"

#include <expat.h>
#include <string.h>
#include <strings.h>

#define SEPARATOR		'\001'	/* no XML document can hold it */
#define TOKEN_BYTES		(256 * 1024)	/* longest tag or comment; text may be longer */
#define SCANNED_DEPTH		8		/* deepest elements and most attributes that scan.h accepts */
#define SCANNED_ATTRIBUTES	17
#define PREFIXES		32
#define PREFIX_BYTES	16

typedef struct Prefix
{
	char		name[PREFIX_BYTES];
	size_t		length;			/* 0: the default namespace, or too long to be kept */
	bool		is_default;
	XlsxXmlSpace space;
} Prefix;

struct XlsxXml
{
	XlsxMemory *memory;
	const XlsxLimits *limits;
	const char *part;
	XlsxXmlHandlers handlers;
	void	   *context;
	XML_Parser	parser;
	uint64_t	fed;
	uint32_t	depth;
	uint32_t	declarations;	/* xmlns of the element to come */
	bool		other_encoding;
	bool		stopped;
	bool		in_cdata;
	XlsxStatus	status;			/* why it was stopped */
	XlsxError	error;
	uint32_t	bound;			/* prefixes in scope; those beyond PREFIXES are only counted */
	Prefix		prefixes[PREFIXES];
};

static const struct
{
	const char *uri;
	XlsxXmlSpace space;
}			spaces[] = {
	{"http://schemas.openxmlformats.org/spreadsheetml/2006/main", XLSX_XML_MAIN},
	{"http://purl.oclc.org/ooxml/spreadsheetml/main", XLSX_XML_MAIN},
	{"http://schemas.openxmlformats.org/officeDocument/2006/relationships", XLSX_XML_RELATIONSHIP},
	{"http://purl.oclc.org/ooxml/officeDocument/relationships", XLSX_XML_RELATIONSHIP},
	{"http://schemas.openxmlformats.org/package/2006/relationships", XLSX_XML_PACKAGE},
	{"http://schemas.openxmlformats.org/package/2006/content-types", XLSX_XML_CONTENT_TYPES},
};

static XlsxXmlSpace
find_space(const char *uri, size_t length)
{
	size_t		i;

	for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (strlen(spaces[i].uri) == length && memcmp(spaces[i].uri, uri, length) == 0)
			return spaces[i].space;
	return XLSX_XML_OTHER;
}

/* Splits expat's "uri SEPARATOR local". */
static XlsxXmlSpace
split_name(const char **name)
{
	const char *uri = *name;
	const char *separator = strchr(uri, SEPARATOR);

	if (separator == NULL)
		return XLSX_XML_NONE;
	*name = separator + 1;
	return find_space(uri, (size_t) (separator - uri));
}

static void
stop_at_limit(XlsxXml *xml, XlsxLimitId id, const char *message)
{
	xlsx_fail_limit(&xml->error, xml->limits, id, message);
	xlsx_fail_at(&xml->error, xml->part, 0, 0);
	xlsx_xml_stop(xml, XLSX_LIMIT);
}

static void XMLCALL
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	XlsxXml    *xml = data;
	uint32_t	declarations = xml->declarations,
				count = 0;
	XlsxXmlSpace space;

	if (xml->stopped)
		return;
	xml->declarations = 0;
	if (xml->depth >= xml->limits->max_xml_depth)
	{
		stop_at_limit(xml, XLSX_LIMIT_max_xml_depth, "XML elements are nested too deeply");
		return;
	}
	while (attributes[2 * count] != NULL && count <= xml->limits->max_xml_attributes)
		count++;
	if (count + declarations > xml->limits->max_xml_attributes)
	{
		stop_at_limit(xml, XLSX_LIMIT_max_xml_attributes, "XML element has too many attributes");
		return;
	}
	space = split_name(&name);
	if (xml->handlers.start != NULL)
		xml->handlers.start(xml->context, space, name, attributes);
	xml->depth++;
}

static void XMLCALL
on_end(void *data, const XML_Char *name)
{
	XlsxXml    *xml = data;
	XlsxXmlSpace space;

	if (xml->stopped)
		return;
	xml->depth--;
	space = split_name(&name);
	if (xml->handlers.end != NULL)
		xml->handlers.end(xml->context, space, name);
}

static void XMLCALL
on_text(void *data, const XML_Char *text, int length)
{
	XlsxXml    *xml = data;

	if (!xml->stopped)
		xml->handlers.text(xml->context, text, (size_t) length);
}

static void XMLCALL
on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	XlsxXml    *xml = data;

	(void) name;
	(void) system;
	(void) public;
	(void) internal;
	xlsx_fail(&xml->error, XLSX_DAMAGED, "part \"%s\" has a document type declaration", xml->part);
	xlsx_fail_detail(&xml->error, "Workbooks must not have any, because it can be used to attack the reader.");
	xlsx_fail_at(&xml->error, xml->part, 0, 0);
	xlsx_xml_stop(xml, XLSX_DAMAGED);
}

static void XMLCALL
on_declaration(void *data, const XML_Char *version, const XML_Char *encoding, int standalone)
{
	XlsxXml    *xml = data;

	(void) version;
	(void) standalone;
	xml->other_encoding = encoding != NULL && strcasecmp(encoding, "UTF-8") != 0;
}

static void XMLCALL
on_bind(void *data, const XML_Char *prefix, const XML_Char *uri)
{
	XlsxXml    *xml = data;
	size_t		length = prefix != NULL ? strlen(prefix) : 0;

	xml->declarations++;
	if (xml->bound < PREFIXES)
	{
		Prefix	   *slot = &xml->prefixes[xml->bound];

		slot->length = length < PREFIX_BYTES ? length : 0;
		slot->is_default = prefix == NULL;
		slot->space = uri != NULL ? find_space(uri, strlen(uri)) : XLSX_XML_NONE;
		memcpy(slot->name, prefix != NULL ? prefix : "", slot->length);
	}
	xml->bound++;
}

static void XMLCALL
on_unbind(void *data, const XML_Char *prefix)
{
	(void) prefix;
	((XlsxXml *) data)->bound--;
}

/* expat gives a CDATA section piece by piece, so it can stand in the middle of one with nothing left to parse. */
static void XMLCALL
on_cdata_start(void *context)
{
	((XlsxXml *) context)->in_cdata = true;
}

static void XMLCALL
on_cdata_end(void *context)
{
	((XlsxXml *) context)->in_cdata = false;
}

static void
destroy_xml(void *object)
{
	XlsxXml    *xml = object;

	if (xml->parser != NULL)
		XML_ParserFree(xml->parser);
}

XlsxStatus
xlsx_xml_open(XlsxMemory *memory, const XlsxLimits *limits, const char *part, const XlsxXmlHandlers *handlers,
			  void *context, XlsxXml **xml, XlsxError *error)
{
	XlsxXml    *self = xlsx_memory_new(memory, sizeof(XlsxXml), destroy_xml);

	*xml = NULL;
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->memory = memory;
	self->limits = limits;
	self->part = part;
	self->handlers = *handlers;
	self->context = context;
	self->parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (self->parser == NULL)
	{
		xlsx_memory_free(memory, self);
		return xlsx_fail_memory(error);
	}
	XML_SetUserData(self->parser, self);
	XML_SetElementHandler(self->parser, on_start, on_end);
	if (handlers->text != NULL)
		XML_SetCharacterDataHandler(self->parser, on_text);
	XML_SetCdataSectionHandler(self->parser, on_cdata_start, on_cdata_end);
	XML_SetStartDoctypeDeclHandler(self->parser, on_doctype);
	XML_SetXmlDeclHandler(self->parser, on_declaration);
	XML_SetNamespaceDeclHandler(self->parser, on_bind, on_unbind);
	*xml = self;
	return XLSX_OK;
}

/* Bytes up to the event under way, -1 when there is none.  expat 2.9 widened the index and deprecates the old one. */
static int64_t
current_byte(XML_Parser parser)
{
#if XML_MAJOR_VERSION > 2 || (XML_MAJOR_VERSION == 2 && XML_MINOR_VERSION >= 9)
	return XML_GetCurrentByteIndex64(parser);
#else
	return XML_GetCurrentByteIndex(parser);
#endif
}

/* What expat's answer means for the caller. */
static XlsxStatus
settle(XlsxXml *xml, enum XML_Status answer, XlsxError *error)
{
	enum XML_Error code;

	if (xml->stopped)
	{
		*error = xml->error;
		return xml->status;
	}
	if (answer == XML_STATUS_SUSPENDED)
		return XLSX_OK;
	if (answer == XML_STATUS_OK)
	{
		int64_t		used = current_byte(xml->parser);

		/* expat keeps an unfinished token and looks at it again with each piece */
		if (used >= 0 && xml->fed - (uint64_t) used > TOKEN_BYTES)
		{
			xlsx_fail(error, XLSX_LIMIT, "part \"%s\" has an XML tag that is too long", xml->part);
			return xlsx_fail_at(error, xml->part, 0, 0);
		}
		return XLSX_OK;
	}
	code = XML_GetErrorCode(xml->parser);
	if (code == XML_ERROR_NO_MEMORY)
		return xlsx_fail_memory(error);
	xlsx_fail(error, XLSX_DAMAGED, "part \"%s\" is not well-formed XML", xml->part);
	xlsx_fail_detail(error, "The XML parser says: %s.", XML_ErrorString(code));
	xlsx_fail_hint(error, "The file is damaged. Save it again in a spreadsheet program, then upload it.");
	return xlsx_fail_at(error, xml->part, 0, 0);
}

XlsxStatus
xlsx_xml_feed(XlsxXml *xml, const char *bytes, size_t length, bool last, XlsxError *error)
{
	xml->fed += length;
	return settle(xml, XML_Parse(xml->parser, bytes, (int) length, last), error);
}

XlsxStatus
xlsx_xml_resume(XlsxXml *xml, XlsxError *error)
{
	return settle(xml, XML_ResumeParser(xml->parser), error);
}

bool
xlsx_xml_is_settled(const XlsxXml *xml)
{
	return !xlsx_xml_paused(xml) && !xml->in_cdata && current_byte(xml->parser) == (int64_t) xml->fed;
}

bool
xlsx_xml_paused(const XlsxXml *xml)
{
	XML_ParsingStatus status;

	XML_GetParsingStatus(xml->parser, &status);
	return status.parsing == XML_SUSPENDED;
}

void
xlsx_xml_pause(XlsxXml *xml)
{
	XML_StopParser(xml->parser, XML_TRUE);
}

XlsxError *
xlsx_xml_error(XlsxXml *xml)
{
	return &xml->error;
}

void
xlsx_xml_stop(XlsxXml *xml, XlsxStatus status)
{
	xml->stopped = true;
	xml->status = status;
	XML_StopParser(xml->parser, XML_FALSE);
}

uint32_t
xlsx_xml_depth(const XlsxXml *xml)
{
	return xml->depth;
}

const char *
xlsx_xml_attribute(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

const char *
xlsx_xml_relationship(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
	{
		const char *local = attributes[0];

		if (split_name(&local) == XLSX_XML_RELATIONSHIP && strcmp(local, name) == 0)
			return attributes[1];
	}
	return NULL;
}

bool
xlsx_xml_is_plain(const XlsxXml *xml)
{
	uint32_t	i = xml->bound;

	if (xml->other_encoding || xml->bound > PREFIXES ||
		xml->limits->max_xml_depth < SCANNED_DEPTH || xml->limits->max_xml_attributes < SCANNED_ATTRIBUTES)
		return false;
	while (i-- > 0)
		if (xml->prefixes[i].is_default)
			return xml->prefixes[i].space == XLSX_XML_MAIN;
	return false;
}

bool
xlsx_xml_is_bound(const XlsxXml *xml, const char *prefix, size_t length)
{
	uint32_t	i;

	if (length == 3 && memcmp(prefix, "xml", 3) == 0)
		return true;
	for (i = 0; i < xml->bound && i < PREFIXES; i++)
		if (length > 0 && xml->prefixes[i].length == length && memcmp(xml->prefixes[i].name, prefix, length) == 0)
			return true;
	return false;
}

void
xlsx_xml_close(XlsxXml *xml)
{
	if (xml != NULL)
		xlsx_memory_free(xml->memory, xml);
}
