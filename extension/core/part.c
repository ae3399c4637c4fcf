/*
 * part.c
 *	  See part.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "part.h"

#include <string.h>

#ifndef XLSX_WINDOW_BYTES		/* tests make it small */
#define XLSX_WINDOW_BYTES	(256 * 1024)
#endif

XlsxStatus
xlsx_part_open(XlsxZip *zip, size_t index, const XlsxLimits *limits, XlsxMemory *memory,
			   const XlsxXmlHandlers *handlers, void *context, XlsxPart **part, XlsxError *error)
{
	XlsxPart   *self = xlsx_memory_new(memory, sizeof(XlsxPart), NULL);
	XlsxStatus	status = XLSX_OK;

	*part = NULL;
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->memory = memory;
	self->capacity = XLSX_WINDOW_BYTES;
	self->window = xlsx_memory_alloc(memory, XLSX_WINDOW_BYTES + XLSX_PART_PADDING);
	if (self->window == NULL)
		status = xlsx_fail_memory(error);
	if (status == XLSX_OK)
		status = xlsx_zip_stream_open(zip, index, &self->stream, error);
	if (status == XLSX_OK)
		status = xlsx_xml_open(memory, limits, xlsx_zip_name(zip, index), handlers, context, &self->xml, error);
	if (status != XLSX_OK)
	{
		xlsx_part_close(self);
		return status;
	}
	memset(self->window, 0, XLSX_PART_PADDING);
	*part = self;
	return XLSX_OK;
}

static XlsxStatus
make_room(XlsxPart *part, size_t most, XlsxError *error)
{
	size_t		capacity = part->capacity * 2;
	char	   *window;

	if (part->next > 0)
	{
		memmove(part->window, part->window + part->next, part->have - part->next);
		part->have -= part->next;
		part->next = 0;
	}
	if (part->have < part->capacity)
		return XLSX_OK;
	if (capacity > most)
		return XLSX_LIMIT;
	window = xlsx_memory_realloc(part->memory, part->window, capacity + XLSX_PART_PADDING);
	if (window == NULL)
		return xlsx_fail_memory(error);
	part->window = window;
	part->capacity = capacity;
	return XLSX_OK;
}

XlsxStatus
xlsx_part_fill(XlsxPart *part, size_t most, XlsxError *error)
{
	XlsxStatus	status = make_room(part, most, error);

	while (status == XLSX_OK && part->have < part->capacity)
	{
		size_t		got;

		status = xlsx_zip_stream_read(part->stream, part->window + part->have, part->capacity - part->have, &got,
									  error);
		part->have += got;
	}
	if (status == XLSX_DONE)
	{
		part->at_end = true;
		status = XLSX_OK;
	}
	memset(part->window + part->have, 0, XLSX_PART_PADDING);
	return status;
}

/* How many bytes expat may take before the landmark, or with it. */
static size_t
next_piece(XlsxPart *part, const char *landmark)
{
	const char *next = part->window + part->next;
	size_t		left = part->have - part->next;
	size_t		length,
				piece = left;

	part->at_landmark = false;
	if (landmark != NULL)
	{
		const char *hit;

		length = strlen(landmark);
		hit = memmem(next, left < XLSX_XML_PIECE + length ? left : XLSX_XML_PIECE + length, landmark, length);
		if (hit == next)
		{
			part->at_landmark = true;
			return length;
		}
		if (hit != NULL)
			piece = (size_t) (hit - next);
		else if (!part->at_end)
			piece = left < length ? 0 : left - (length - 1);	/* its first half may be here */
	}
	return piece < XLSX_XML_PIECE ? piece : XLSX_XML_PIECE;
}

XlsxStatus
xlsx_part_feed(XlsxPart *part, const char *landmark, bool *reached, XlsxError *error)
{
	XlsxStatus	status;
	size_t		piece;

	*reached = false;
	if (xlsx_xml_paused(part->xml))
	{
		status = xlsx_xml_resume(part->xml, error);
		*reached = part->at_landmark && xlsx_xml_is_settled(part->xml);
		return status;
	}
	while ((piece = next_piece(part, landmark)) == 0 && !part->at_end)
		if ((status = xlsx_part_fill(part, part->capacity, error)) != XLSX_OK)
			return status;
	status = xlsx_xml_feed(part->xml, part->window + part->next, piece, piece == 0, error);
	part->next += piece;
	if (piece == 0)
		part->finished = true;
	*reached = part->at_landmark && xlsx_xml_is_settled(part->xml);
	return status;
}

XlsxStatus
xlsx_part_parse(XlsxZip *zip, size_t index, const XlsxLimits *limits, XlsxMemory *memory,
				const XlsxXmlHandlers *handlers, void *context, XlsxXml **xml, XlsxError *error)
{
	XlsxPart   *part;
	XlsxStatus	status;
	uint64_t	bytes = 0;

	status = xlsx_part_open(zip, index, limits, memory, handlers, context, &part, error);
	*xml = part != NULL ? part->xml : NULL;
	while (status == XLSX_OK && !part->finished)
	{
		size_t		before = part->next;
		bool		reached;

		status = xlsx_part_feed(part, NULL, &reached, error);
		bytes += part->next > before ? part->next - before : part->next;
		if (status == XLSX_OK && bytes > XLSX_PART_SMALL)
		{
			xlsx_fail(error, XLSX_LIMIT, "part \"%s\" is too large", xlsx_zip_name(zip, index));
			status = xlsx_fail_at(error, xlsx_zip_name(zip, index), 0, 0);
		}
	}
	xlsx_part_close(part);
	return status;
}

void
xlsx_part_close(XlsxPart *part)
{
	if (part == NULL)
		return;
	xlsx_xml_close(part->xml);
	xlsx_zip_stream_close(part->stream);
	xlsx_memory_free(part->memory, part->window);
	xlsx_memory_free(part->memory, part);
}
