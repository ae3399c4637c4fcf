/*
 * scan.c
 *	  See scan.h.
 */
#include "scan.h"

#include "text.h"

static inline bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool
is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static const char *
scan_name(const char *p)
{
	if (!is_name_start(*p))
		return NULL;
	while (is_name(*p))
		p++;
	return p;
}

/* A value of printable ASCII without references; *p stands on the quote. */
static const char *
scan_value(const char *p, XlsxScanWord *value)
{
	char		quote = *p++;

	if (quote != '"' && quote != '\'')
		return NULL;
	value->text = p;
	while (*p != quote)
	{
		if (*p < ' ' || *p > '~' || *p == '<' || *p == '&')
			return NULL;
		p++;
	}
	value->length = (size_t) (p - value->text);
	return p + 1;
}

static bool
is_word(const XlsxScanWord *word, const char *text)
{
	return strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

/* name="value" or prefix:name="value"; the prefix must be known, and only one such attribute is. */
static const char *
scan_attribute(const char *p, const XlsxXml *xml, XlsxScanTag *tag, bool *prefixed)
{
	XlsxScanWord name = {p, 0},
				value;
	bool		has_prefix;
	unsigned	i;

	if ((p = scan_name(p)) == NULL)
		return NULL;
	name.length = (size_t) (p - name.text);
	has_prefix = *p == ':';
	if (has_prefix && (*prefixed || !xlsx_xml_is_bound(xml, name.text, name.length) || (p = scan_name(p + 1)) == NULL))
		return NULL;
	if (*p != '=' || (p = scan_value(p + 1, &value)) == NULL)
		return NULL;
	if (has_prefix)
	{
		*prefixed = true;
		return p;
	}
	if (tag->count == XLSX_SCAN_ATTRIBUTES || is_word(&name, "xmlns"))
		return NULL;
	for (i = 0; i < tag->count; i++)
		if (tag->names[i].length == name.length && memcmp(tag->names[i].text, name.text, name.length) == 0)
			return NULL;
	tag->names[tag->count] = name;
	tag->values[tag->count++] = value;
	return p;
}

const char *
xlsx_scan_tag(const char *p, const XlsxXml *xml, XlsxScanTag *tag)
{
	bool		prefixed = false;

	tag->count = 0;
	for (;;)
	{
		const char *space = p;

		p = xlsx_scan_space(p);
		tag->empty = p[0] == '/' && p[1] == '>';
		if (tag->empty || *p == '>')
			return p + 1 + tag->empty;
		if (p == space || (p = scan_attribute(p, xml, tag, &prefixed)) == NULL)
			return NULL;
	}
}

const XlsxScanWord *
xlsx_scan_attribute(const XlsxScanTag *tag, const char *name)
{
	unsigned	i;

	for (i = 0; i < tag->count; i++)
		if (is_word(&tag->names[i], name))
			return &tag->values[i];
	return NULL;
}

/* Digits of a numeric reference up to ";". */
static const char *
scan_code(const char *p, uint32_t base, uint32_t *code)
{
	int			digits;

	*code = 0;
	for (digits = 0; *p != ';'; digits++, p++)
	{
		uint32_t	digit;

		if (*p >= '0' && *p <= '9')
			digit = (uint32_t) (*p - '0');
		else if (base == 16 && *p >= 'a' && *p <= 'f')
			digit = (uint32_t) (*p - 'a') + 10;
		else if (base == 16 && *p >= 'A' && *p <= 'F')
			digit = (uint32_t) (*p - 'A') + 10;
		else
			return NULL;
		*code = *code * base + digit;
		if (digits == 7)
			return NULL;
	}
	return digits > 0 ? p + 1 : NULL;
}

/* One reference to a character of XML 1.0; *p stands on "&". */
static const char *
scan_reference(const char *p, uint32_t *code)
{
	static const struct
	{
		const char *word;
		size_t		length;
		char		character;
	}			entities[] = {
		{"&amp;", 5, '&'}, {"&lt;", 4, '<'}, {"&gt;", 4, '>'}, {"&quot;", 6, '"'}, {"&apos;", 6, '\''}
	};
	size_t		i;

	if (p[1] == '#')
	{
		p = p[2] == 'x' ? scan_code(p + 3, 16, code) : scan_code(p + 2, 10, code);
		if (*code < 0x20 && *code != '\t' && *code != '\n' && *code != '\r')
			return NULL;
		if ((*code >= 0xD800 && *code <= 0xDFFF) || *code == 0xFFFE || *code == 0xFFFF || *code > 0x10FFFF)
			return NULL;
		return p;
	}
	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (strncmp(p, entities[i].word, entities[i].length) == 0)
		{
			*code = (uint32_t) (unsigned char) entities[i].character;
			return p + entities[i].length;
		}
	return NULL;
}

const char *
xlsx_scan_text(const char *p, unsigned *flags)
{
	uint32_t	code;
	size_t		length;

	for (;;)
	{
		p = xlsx_scan_plain(p);
		switch (*p)
		{
			case '<':
				return p;
			case '_':
				if (p[1] == 'x')
					*flags |= XLSX_SCAN_ESCAPE;
				p++;
				break;
			case '&':
				*flags |= XLSX_SCAN_CODED;
				if ((p = scan_reference(p, &code)) == NULL)
					return NULL;
				if (code == '_' || code == 'x')
					*flags |= XLSX_SCAN_ESCAPE;
				break;
			case ']':
				if (p[1] == ']')
					return NULL;	/* maybe "]]>", which text must not contain */
				p++;
				break;
			case '\r':
				*flags |= XLSX_SCAN_CODED;
				p++;
				break;
			case '\t':
			case '\n':
				p++;
				break;
			default:
				/* the zero bytes behind the buffer are no tail of a character */
				length = xlsx_text_character(p, p + 4);
				if (length == 0)
					return NULL;
				p += length;
		}
	}
}

size_t
xlsx_scan_decode(const char *p, const char *end, char *out)
{
	char	   *start = out;
	uint32_t	code;

	while (p < end)
	{
		if (*p == '&')
		{
			p = scan_reference(p, &code);
			out += xlsx_text_put(code, out);
		}
		else if (*p == '\r')
		{
			*out++ = '\n';
			p += p + 1 < end && p[1] == '\n' ? 2 : 1;
		}
		else
			*out++ = *p++;
	}
	return (size_t) (out - start);
}
