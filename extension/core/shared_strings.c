/*
 * shared_strings.c
 *	  See shared_strings.h.
 */
#include "shared_strings.h"

#include <string.h>

#include "part.h"
#include "scan.h"
#include "text.h"

#define LANDMARK	"</si>"

struct XlsxStringsLoader
{
	const XlsxLimits *limits;
	XlsxMemory *memory;
	const char *name;			/* of the part */
	XlsxPart   *part;
	XlsxStrings *strings;
	bool		scan;			/* may the scanner be asked at all? */
	bool		scanning;		/* it has read all of the window but an item that is cut off */
	XlsxStatus	status;
	XlsxError	error;			/* if status is not good: why no more strings come */
	size_t		text_used;
	size_t		text_capacity;
	size_t		starts_capacity;
	bool		in_item;
	bool		in_run;			/* <r> */
	bool		in_text;		/* a <t> that counts */
	size_t		text_start;		/* of that <t> in the arena */
};

typedef XlsxStringsLoader Loader;

/* ---------- the arena ---------- */

static XlsxStatus
fail_budget(Loader *loader, XlsxError *error)
{
	xlsx_fail_limit(error, loader->limits, XLSX_LIMIT_max_shared_strings_bytes,
					"workbook has too much text in its shared strings");
	return xlsx_fail_at(error, loader->name, 0, 0);
}

static XlsxStatus
fail_length(Loader *loader, XlsxError *error)
{
	xlsx_fail_limit(error, loader->limits, XLSX_LIMIT_max_string_length, "text of a cell is too long");
	xlsx_fail_detail(error, "Shared string %zu has more than %llu characters.", loader->strings->count,
					 (unsigned long long) loader->limits->max_string_length);
	return xlsx_fail_at(error, loader->name, 0, 0);
}

/* Bytes of text that the arena may have: starts[] reach no further than 32 bits do. */
static size_t
most_text(const Loader *loader)
{
	uint64_t	most = loader->limits->max_shared_strings_bytes;

	return most < UINT32_MAX ? (size_t) most : UINT32_MAX;
}

/*
 * Room for length more bytes of text.  Text that was handed out must not move,
 * so a smaller arena stays behind a larger one; with the first as large as
 * the part (xlsx_strings_open), only a part that is not in UTF-8 comes here for more.
 */
static XlsxStatus
reserve_text(Loader *loader, size_t length, XlsxError *error)
{
	size_t		most = most_text(loader);
	size_t		wanted = loader->text_capacity;
	char	   *text;

	if (loader->text_capacity - loader->text_used >= length)
		return XLSX_OK;
	if (length > most - loader->text_used)
		return fail_budget(loader, error);
	while (wanted - loader->text_used < length)
		wanted = wanted == 0 ? 64 * 1024 : wanted * 2;
	if (wanted > most)
		wanted = most;
	text = xlsx_memory_alloc(loader->memory, wanted);
	if (text == NULL)
		return xlsx_fail_memory(error);
	if (loader->text_used > 0)
		memcpy(text, loader->strings->text, loader->text_used);
	loader->strings->text = text;
	loader->text_capacity = wanted;
	return XLSX_OK;
}

/*
 * Text of a part in UTF-8 is never longer than the part.  What the directory claims of its size has been held against
 * the limits (xlsx_zip_stream_open), and memory that no string comes to lie in costs nothing.
 */
static size_t
first_arena(const Loader *loader, uint64_t size)
{
	if (size > most_text(loader))
		return most_text(loader);
	return size > 0 ? (size_t) size : 1;	/* so that there is an arena, even for empty strings */
}

/* Puts a start behind the last string; the first call puts that of string 0. */
static XlsxStatus
add_start(Loader *loader, size_t index, XlsxError *error)
{
	XlsxStrings *strings = loader->strings;

	if (loader->text_used + (index + 1) * sizeof(uint32_t) > loader->limits->max_shared_strings_bytes)
		return fail_budget(loader, error);
	if (index >= loader->starts_capacity &&
		!xlsx_memory_grow(loader->memory, &strings->starts, &loader->starts_capacity, sizeof(uint32_t),
						  UINT32_MAX))
		return xlsx_fail_memory(error);
	strings->starts[index] = (uint32_t) loader->text_used;
	return XLSX_OK;
}

/* The string that ends here is complete. */
static XlsxStatus
finish_string(Loader *loader, XlsxError *error)
{
	XlsxStrings *strings = loader->strings;
	const char *text = strings->text + strings->starts[strings->count];
	size_t		length = loader->text_used - strings->starts[strings->count];
	uint32_t	most = loader->limits->max_string_length;
	XlsxStatus	status;

	if (length > most && xlsx_text_count(text, length) > most)
		return fail_length(loader, error);
	status = add_start(loader, strings->count + 1, error);
	if (status == XLSX_OK)
		strings->count++;
	return status;
}

/* ---------- by expat ---------- */

static void
stop(Loader *loader, XlsxStatus status)
{
	if (status != XLSX_OK)
		xlsx_xml_stop(loader->part->xml, status);
}

static void
on_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	Loader	   *loader = context;
	uint32_t	depth = xlsx_xml_depth(loader->part->xml);
	bool		main = space == XLSX_XML_MAIN;
	XlsxError  *error = xlsx_xml_error(loader->part->xml);

	(void) attributes;
	if (depth == 0 && !(main && strcmp(name, "sst") == 0))
	{
		xlsx_fail(error, XLSX_DAMAGED, "part \"%s\" does not hold shared strings", loader->name);
		stop(loader, xlsx_fail_at(error, loader->name, 0, 0));
	}
	if (depth == 1)
		loader->in_item = main && strcmp(name, "si") == 0;
	if (depth == 2)
		loader->in_run = main && loader->in_item && strcmp(name, "r") == 0;
	if (main && strcmp(name, "t") == 0 &&
		((depth == 2 && loader->in_item) || (depth == 3 && loader->in_run)))
	{
		loader->in_text = true;
		loader->text_start = loader->text_used;
	}
}

static void
on_end(void *context, XlsxXmlSpace space, const char *name)
{
	Loader	   *loader = context;
	uint32_t	depth = xlsx_xml_depth(loader->part->xml);

	(void) space;
	(void) name;
	if (loader->in_text && depth == (loader->in_run ? 3 : 2))
	{
		char	   *text = loader->strings->text + loader->text_start;
		size_t		length = loader->text_used - loader->text_start;

		loader->in_text = false;
		if (length > 0)
			loader->text_used = loader->text_start + xlsx_text_unescape(text, length, text);
	}
	else if (depth == 2)
		loader->in_run = false;
	else if (depth == 1 && loader->in_item)
	{
		loader->in_item = false;
		stop(loader, finish_string(loader, xlsx_xml_error(loader->part->xml)));
	}
}

static void
on_text(void *context, const char *text, size_t length)
{
	Loader	   *loader = context;
	XlsxError  *error = xlsx_xml_error(loader->part->xml);
	XlsxStatus	status;
	size_t		so_far = loader->text_used - loader->strings->starts[loader->strings->count];

	/* depth: elements within <t> are foreign, and so is their text */
	if (!loader->in_text || xlsx_xml_depth(loader->part->xml) != (loader->in_run ? 4 : 3))
		return;
	if (so_far + length > (size_t) loader->limits->max_string_length * 7)
		status = fail_length(loader, error);	/* too long even if all of it were escapes */
	else
		status = reserve_text(loader, length, error);
	if (status == XLSX_OK)
	{
		memcpy(loader->strings->text + loader->text_used, text, length);
		loader->text_used += length;
	}
	stop(loader, status);
}

/* ---------- by the scanner ---------- */

/* "<t>...</t>" into the arena; NULL when it looks different or *status is not good. */
static const char *
scan_text(Loader *loader, const char *p, XlsxStatus *status, XlsxError *error)
{
	const char *start;
	unsigned	flags = 0;
	size_t		length;
	char	   *out;

	if (XLSX_SCAN_IS(p, "<t>"))
		p += 3;
	else if (XLSX_SCAN_IS(p, "<t xml:space=\"preserve\">"))
		p += 24;
	else
		return XLSX_SCAN_IS(p, "<t/>") ? p + 4 : NULL;
	start = p;
	if ((p = xlsx_scan_text(p, &flags)) == NULL || !XLSX_SCAN_IS(p, "</t>"))
		return NULL;
	length = (size_t) (p - start);
	if (length > (size_t) loader->limits->max_string_length * 7)
		return NULL;
	if ((*status = reserve_text(loader, length, error)) != XLSX_OK)
		return NULL;
	out = loader->strings->text + loader->text_used;
	if (flags & XLSX_SCAN_CODED)
		length = xlsx_scan_decode(start, p, out);
	else if (length > 0)
		memcpy(out, start, length);
	if (flags & XLSX_SCAN_ESCAPE)
		length = xlsx_text_unescape(out, length, out);
	loader->text_used += length;
	return p + 4;
}

/*
 * Takes plain items from the window; stops before the first that is not, or
 * that is cut off.
 */
static XlsxStatus
scan_items(Loader *loader, XlsxError *error)
{
	XlsxPart   *part = loader->part;
	const char *p = part->window + part->next;
	XlsxStatus	status = XLSX_OK;

	for (;;)
	{
		size_t		before = loader->text_used;

		p = xlsx_scan_space(p);
		part->next = (size_t) (p - part->window);
		if (XLSX_SCAN_IS(p, "<si/>"))
			p += 5;
		else
		{
			if (!XLSX_SCAN_IS(p, "<si>"))
				return XLSX_OK;
			p = xlsx_scan_space(p + 4);
			if (!XLSX_SCAN_IS(p, LANDMARK) && (p = scan_text(loader, p, &status, error)) == NULL)
				return status;
			p = xlsx_scan_space(p);
			if (!XLSX_SCAN_IS(p, LANDMARK))
			{
				loader->text_used = before;
				return XLSX_OK;
			}
			p += 5;
		}
		if ((status = finish_string(loader, error)) != XLSX_OK)
			return status;
	}
}

/* Is an item only cut off at the end of the window, and can the window take more of it? */
static bool
wants_more(const XlsxPart *part)
{
	return !part->at_end && part->next > 0 && part->have - part->next < part->capacity / 2;
}

static XlsxStatus
scan_window(Loader *loader, XlsxError *error)
{
	XlsxStatus	status = scan_items(loader, error);

	loader->scanning = status == XLSX_OK && wants_more(loader->part);
	return status;
}

/* By expat, up to where the scanner may begin. */
static XlsxStatus
feed_expat(Loader *loader, bool *may_scan, XlsxError *error)
{
	const XlsxXml *xml = loader->part->xml;
	/* the start tag of the list ends with the first ">" after which an element is open */
	const char *landmark = xlsx_xml_depth(xml) == 1 ? LANDMARK : ">";
	bool		reached;
	XlsxStatus	status = xlsx_part_feed(loader->part, landmark, &reached, error);

	*may_scan = status == XLSX_OK && loader->scan && reached && xlsx_xml_depth(xml) == 1 && xlsx_xml_is_plain(xml);
	return status;
}

/* Some strings more: as many as a window holds, where the scanner knows them. */
static XlsxStatus
load_some(Loader *loader, XlsxError *error)
{
	bool		may_scan = loader->scanning;
	XlsxStatus	status;

	if (loader->scanning)
		status = xlsx_part_fill(loader->part, loader->part->capacity, error);
	else
		status = feed_expat(loader, &may_scan, error);
	return status == XLSX_OK && may_scan ? scan_window(loader, error) : status;
}

XlsxStatus
xlsx_strings_open(XlsxZip *zip, size_t part, const XlsxLimits *limits, XlsxMemory *memory,
				  bool scan, XlsxStrings *strings, XlsxError *error)
{
	XlsxXmlHandlers handlers = {on_start, on_end, on_text};
	Loader	   *loader = xlsx_memory_new(memory, sizeof(Loader), NULL);
	XlsxStatus	status;

	memset(strings, 0, sizeof(*strings));
	if (loader == NULL)
		return xlsx_fail_memory(error);
	loader->limits = limits;
	loader->memory = memory;
	loader->name = xlsx_zip_name(zip, part);
	loader->strings = strings;
	loader->scan = scan;
	status = xlsx_part_open(zip, part, limits, memory, &handlers, loader, &loader->part, error);
	if (status == XLSX_OK)
		status = reserve_text(loader, first_arena(loader, xlsx_zip_size(zip, part)), error);
	if (status == XLSX_OK)
		status = add_start(loader, 0, error);
	if (status == XLSX_OK)
		strings->loader = loader;
	return status;
}

/* There is nothing more to come: for good, or for what went wrong. */
static void
end_loading(Loader *loader)
{
	xlsx_part_close(loader->part);
	loader->part = NULL;
	if (loader->status == XLSX_OK)
		loader->strings->loader = NULL;
}

XlsxStatus
xlsx_strings_reach(XlsxStrings *strings, uint64_t index, XlsxError *error)
{
	Loader	   *loader = strings->loader;

	while (index >= strings->count && strings->loader != NULL && loader->status == XLSX_OK)
	{
		loader->status = load_some(loader, &loader->error);
		if (loader->status != XLSX_OK || loader->part->finished)
			end_loading(loader);
	}
	if (index < strings->count || strings->loader == NULL)
		return XLSX_OK;
	*error = loader->error;
	return loader->status;
}
