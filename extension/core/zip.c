/*
 * zip.c
 *	  See zip.h.
 */
#include "zip.h"

#include <string.h>

#include "directory.h"
#include "inflate.h"

#define INPUT_BYTES		(64 * 1024)
#define LOCAL_BYTES		30		/* local file header, PKWARE APPNOTE 4.3.7 */

/* PKWARE APPNOTE 4.4.4 and 4.4.5 */
#define FLAG_ENCRYPTED	0x0001
#define METHOD_STORED	0
#define METHOD_DEFLATED	8

struct XlsxZip
{
	XlsxMemory *memory;
	const XlsxSource *source;
	const XlsxLimits *limits;
	XlsxDirectory directory;
};

struct XlsxZipStream
{
	XlsxZip    *zip;
	const XlsxDirectoryEntry *entry;
	XlsxInflate *inflate;		/* NULL: stored */
	uint64_t	offset;			/* next byte of the source */
	uint64_t	left;			/* stored bytes not yet taken in */
	uint64_t	produced;
	uint32_t	crc;
	bool		ended;			/* the deflate stream has said so */
	bool		checked;
	unsigned char *input;		/* NULL when the source lies in memory */
};

XlsxStatus
xlsx_zip_open(const XlsxSource *source, const XlsxLimits *limits, XlsxMemory *memory, XlsxZip **zip, XlsxError *error)
{
	XlsxZip    *self = xlsx_memory_new(memory, sizeof(XlsxZip), NULL);
	XlsxStatus	status;

	*zip = NULL;
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->memory = memory;
	self->source = source;
	self->limits = limits;
	status = xlsx_directory_read(source, limits, memory, &self->directory, error);
	if (status != XLSX_OK)
	{
		xlsx_zip_close(self);
		return status;
	}
	*zip = self;
	return XLSX_OK;
}

void
xlsx_zip_close(XlsxZip *zip)
{
	if (zip == NULL)
		return;
	xlsx_directory_free(&zip->directory, zip->memory);
	xlsx_memory_free(zip->memory, zip);
}

size_t
xlsx_zip_find(const XlsxZip *zip, const char *name)
{
	return xlsx_directory_find(&zip->directory, name);
}

size_t
xlsx_zip_count(const XlsxZip *zip)
{
	return zip->directory.count;
}

const char *
xlsx_zip_name(const XlsxZip *zip, size_t index)
{
	return zip->directory.entries[index].name;
}

uint64_t
xlsx_zip_size(const XlsxZip *zip, size_t index)
{
	return zip->directory.entries[index].size;
}

/* ---------- streams ---------- */

static XlsxStatus
fail_entry(const XlsxZipStream *stream, XlsxError *error, const char *detail)
{
	xlsx_fail(error, XLSX_DAMAGED, "could not unpack part \"%s\"", stream->entry->name);
	xlsx_fail_detail(error, "%s", detail);
	xlsx_fail_hint(error, "The file is damaged. Save it again in a spreadsheet program, then upload it.");
	return xlsx_fail_at(error, stream->entry->name, 0, 0);
}

static XlsxStatus
fail_entry_limit(const XlsxZipStream *stream, XlsxError *error, XlsxLimitId id, const char *message)
{
	xlsx_fail_limit(error, stream->zip->limits, id, message);
	return xlsx_fail_at(error, stream->entry->name, 0, 0);
}

/* Deflate reaches 1032:1 at most, so beyond the floor a high ratio means a bomb. */
static XlsxStatus
check_size(const XlsxZipStream *stream, uint64_t size, uint64_t stored, XlsxError *error)
{
	const XlsxLimits *limits = stream->zip->limits;

	if (size > limits->max_entry_bytes)
		return fail_entry_limit(stream, error, XLSX_LIMIT_max_entry_bytes, "part of the workbook is too large");
	if (size > limits->ratio_floor_bytes && size / limits->max_compression_ratio > stored)
		return fail_entry_limit(stream, error, XLSX_LIMIT_max_compression_ratio,
								"part of the workbook is compressed too much");
	return XLSX_OK;
}

/* Exactly length bytes, or none (*got is 0) when the file ends before. */
static XlsxStatus
read_fully(const XlsxSource *source, uint64_t offset, unsigned char *buffer, size_t length, size_t *got,
		   XlsxError *error)
{
	size_t		step;
	XlsxStatus	status;

	for (*got = 0; *got < length; *got += step)
	{
		status = xlsx_source_read(source, offset + *got, buffer + *got, length - *got, &step, error);
		if (status != XLSX_OK)
			return status;
		if (step == 0)
		{
			*got = 0;
			return XLSX_OK;
		}
	}
	return XLSX_OK;
}

/* Where the bytes of the entry begin, by its local header. */
static XlsxStatus
find_bytes(XlsxZipStream *stream, XlsxError *error)
{
	const XlsxSource *source = stream->zip->source;
	const XlsxDirectoryEntry *entry = stream->entry;
	unsigned char header[LOCAL_BYTES];
	size_t		got;
	XlsxStatus	status;

	status = read_fully(source, entry->offset, header, sizeof(header), &got, error);
	if (status != XLSX_OK)
		return status;
	if (got == 0 || memcmp(header, "PK\3\4", 4) != 0)
		return fail_entry(stream, error, "Its header is not where the directory of the file says.");
	stream->offset = entry->offset + LOCAL_BYTES + xlsx_zip_16(header + 26) + xlsx_zip_16(header + 28);
	if (stream->offset > source->size || entry->stored > source->size - stream->offset)
		return fail_entry(stream, error, "Its bytes end beyond the end of the file.");
	if (entry->method == METHOD_STORED && entry->stored != entry->size)
		return fail_entry(stream, error, "It is not compressed, but its two sizes differ.");
	return XLSX_OK;
}

static XlsxStatus
prepare_stream(XlsxZipStream *stream, XlsxError *error)
{
	XlsxMemory *memory = stream->zip->memory;
	const XlsxDirectoryEntry *entry = stream->entry;
	XlsxStatus	status;

	if (entry->flags & FLAG_ENCRYPTED)
	{
		xlsx_fail(error, XLSX_ENCRYPTED, "workbook is protected with a password");
		return xlsx_fail_hint(error, "Remove the password and upload the file again.");
	}
	if (entry->method != METHOD_STORED && entry->method != METHOD_DEFLATED)
		return fail_entry(stream, error, "It is compressed by a method that workbooks do not use.");
	if ((status = check_size(stream, entry->size, entry->stored, error)) != XLSX_OK)
		return status;
	if ((status = find_bytes(stream, error)) != XLSX_OK)
		return status;
	stream->left = entry->stored;
	if (entry->method == METHOD_STORED)
		return XLSX_OK;
	if (stream->zip->source->memory == NULL &&
		(stream->input = xlsx_memory_alloc(memory, INPUT_BYTES)) == NULL)
		return xlsx_fail_memory(error);
	return xlsx_inflate_open(memory, &stream->inflate, error);
}

XlsxStatus
xlsx_zip_stream_open(XlsxZip *zip, size_t index, XlsxZipStream **stream, XlsxError *error)
{
	XlsxZipStream *self = xlsx_memory_new(zip->memory, sizeof(XlsxZipStream), NULL);
	XlsxStatus	status;

	*stream = NULL;
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->zip = zip;
	self->entry = &zip->directory.entries[index];
	if ((status = prepare_stream(self, error)) != XLSX_OK)
	{
		xlsx_zip_stream_close(self);
		return status;
	}
	*stream = self;
	return XLSX_OK;
}

/* The next stored bytes for the decompressor: a window of the source's memory, or read. */
static XlsxStatus
take_input(XlsxZipStream *stream, XlsxError *error)
{
	const XlsxSource *source = stream->zip->source;
	size_t		got = stream->left < INPUT_BYTES ? stream->left : INPUT_BYTES;
	XlsxStatus	status;

	if (source->memory != NULL)
		stream->inflate->in = (const uint8_t *) source->memory + stream->offset;
	else
	{
		status = xlsx_source_read(source, stream->offset, stream->input, got, &got, error);
		if (status != XLSX_OK)
			return status;
		if (got == 0)
			return fail_entry(stream, error, "The file ends within it.");
		stream->inflate->in = stream->input;
	}
	stream->inflate->in_length = got;
	stream->offset += got;
	stream->left -= got;
	return XLSX_OK;
}

static XlsxStatus
read_deflated(XlsxZipStream *stream, void *buffer, size_t size, size_t *got, XlsxError *error)
{
	XlsxInflate *inflate = stream->inflate;
	XlsxStatus	status;

	while (*got == 0 && !stream->ended)
	{
		bool		starved = inflate->in_length == 0;

		if (starved && stream->left > 0 && (status = take_input(stream, error)) != XLSX_OK)
			return status;
		starved = inflate->in_length == 0;
		status = xlsx_inflate_run(inflate, buffer, size, got);
		if (status == XLSX_DAMAGED)
			return fail_entry(stream, error, "Its compressed bytes are damaged.");
		if (status == XLSX_NO_MEMORY)
			return xlsx_fail_memory(error);
		stream->ended = status == XLSX_DONE;
		if (starved && *got == 0 && !stream->ended)
			return fail_entry(stream, error, "Its compressed bytes end too early.");
	}
	return XLSX_OK;
}

static XlsxStatus
read_stored(XlsxZipStream *stream, void *buffer, size_t size, size_t *got, XlsxError *error)
{
	XlsxStatus	status;

	if (size > stream->left)
		size = stream->left;
	if (size == 0)
		return XLSX_OK;
	status = xlsx_source_read(stream->zip->source, stream->offset, buffer, size, got, error);
	if (status != XLSX_OK)
		return status;
	if (*got == 0)
		return fail_entry(stream, error, "The file ends within it.");
	stream->offset += *got;
	stream->left -= *got;
	return XLSX_OK;
}

/* At the end: is it all there, and unchanged? */
static XlsxStatus
check_end(XlsxZipStream *stream, XlsxError *error)
{
	if (stream->checked)
		return XLSX_DONE;
	if (stream->produced != stream->entry->size)
		return fail_entry(stream, error, "It is shorter than the directory of the file says.");
	if (stream->crc != stream->entry->crc)
		return fail_entry(stream, error, "Its checksum is wrong.");
	stream->checked = true;
	return XLSX_DONE;
}

XlsxStatus
xlsx_zip_stream_read(XlsxZipStream *stream, void *buffer, size_t size, size_t *got, XlsxError *error)
{
	XlsxStatus	status;
	uint64_t	taken;

	*got = 0;
	if (stream->zip->source->interrupt != NULL)
		stream->zip->source->interrupt();
	if (stream->inflate != NULL)
		status = read_deflated(stream, buffer, size, got, error);
	else
		status = read_stored(stream, buffer, size, got, error);
	if (status != XLSX_OK)
		return status;
	if (*got == 0)
		return check_end(stream, error);
	stream->produced += *got;
	if (stream->produced > stream->entry->size)
		return fail_entry(stream, error, "It is longer than the directory of the file says.");
	stream->crc = xlsx_crc32(stream->crc, buffer, *got);
	taken = stream->entry->stored - stream->left;
	return check_size(stream, stream->produced, taken, error);
}

void
xlsx_zip_stream_position(const XlsxZipStream *stream, uint64_t *done, uint64_t *total)
{
	*total = stream->entry->stored;
	*done = *total - stream->left - (stream->inflate != NULL ? stream->inflate->in_length : 0);
}

void
xlsx_zip_stream_close(XlsxZipStream *stream)
{
	XlsxMemory *memory;

	if (stream == NULL)
		return;
	memory = stream->zip->memory;
	xlsx_inflate_close(memory, stream->inflate);
	xlsx_memory_free(memory, stream->input);
	xlsx_memory_free(memory, stream);
}
