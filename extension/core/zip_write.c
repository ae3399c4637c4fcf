/*
 * zip_write.c
 *	  See zip_write.h. Numbers are those of APPNOTE.TXT 6.3.10.
 */
#include "zip_write.h"

#include <string.h>
#include <zlib.h>

#define BUFFER_BYTES	(64 * 1024)

#define LOCAL_HEADER	0x04034b50	/* 4.3.7 */
#define LOCAL_HEADER_BYTES	30
#define LOCAL_CRC_OFFSET	14
#define DIRECTORY_HEADER	0x02014b50	/* 4.3.12 */
#define DIRECTORY_HEADER_BYTES	46
#define DIRECTORY_END	0x06054b50	/* 4.3.16 */
#define DIRECTORY_END_BYTES	22
#define VERSION_NEEDED	20		/* deflate, 4.4.3.2 */
#define METHOD_DEFLATE	8
#define FIRST_DAY		0x21	/* 1980-01-01, 4.4.6: zip knows nothing earlier */

/* Sheets are so repetitive that more effort costs time and saves little. */
#define DEFLATE_LEVEL	2

typedef struct ZipEntry
{
	char	   *name;
	uint32_t	crc;
	uint64_t	stored;
	uint64_t	inflated;
	uint64_t	offset;			/* of the local header */
} ZipEntry;

struct XlsxZipWriter
{
	XlsxMemory *memory;
	XlsxSink	sink;
	uint64_t	flushed;		/* bytes that the sink has */
	size_t		used;			/* of the buffer */
	z_stream	deflate;
	ZipEntry   *entries;
	size_t		count;
	size_t		capacity;
	unsigned char buffer[BUFFER_BYTES];
};

static void *
deflate_alloc(void *memory, unsigned items, unsigned size)
{
	return xlsx_memory_alloc(memory, (size_t) items * size);
}

static void
deflate_free(void *memory, void *pointer)
{
	xlsx_memory_free(memory, pointer);
}

XlsxStatus
xlsx_zip_writer_open(const XlsxSink *sink, XlsxMemory *memory, XlsxZipWriter **zip, XlsxError *error)
{
	XlsxZipWriter *self = xlsx_memory_new(memory, sizeof(XlsxZipWriter), NULL);

	*zip = self;
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->memory = memory;
	self->sink = *sink;
	self->deflate.zalloc = deflate_alloc;
	self->deflate.zfree = deflate_free;
	self->deflate.opaque = memory;
	/* Negative window bits: a raw stream, as zip wants it. */
	if (deflateInit2(&self->deflate, DEFLATE_LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return xlsx_fail_memory(error);
	return XLSX_OK;
}

/*
 * Bytes to the sink
 */

static uint64_t
position(const XlsxZipWriter *zip)
{
	return zip->flushed + zip->used;
}

static XlsxStatus
flush(XlsxZipWriter *zip, XlsxError *error)
{
	XlsxStatus	status = XLSX_OK;

	if (zip->used > 0)
		status = zip->sink.write(zip->sink.context, zip->flushed, zip->buffer, zip->used, error);
	zip->flushed += zip->used;
	zip->used = 0;
	return status;
}

static XlsxStatus
put(XlsxZipWriter *zip, const void *bytes, size_t length, XlsxError *error)
{
	const unsigned char *from = bytes;

	while (length > 0)
	{
		size_t		n = BUFFER_BYTES - zip->used < length ? BUFFER_BYTES - zip->used : length;

		memcpy(zip->buffer + zip->used, from, n);
		zip->used += n;
		from += n;
		length -= n;
		if (zip->used == BUFFER_BYTES && flush(zip, error) != XLSX_OK)
			return error->status;
	}
	return XLSX_OK;
}

static unsigned char *
put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char) value;
	at[1] = (unsigned char) (value >> 8);
	return at + 2;
}

static unsigned char *
put32(unsigned char *at, uint64_t value)
{
	return put16(put16(at, (unsigned) value & 0xffff), (unsigned) (value >> 16) & 0xffff);
}

/*
 * Entries
 */

/* What both kinds of header have in common, 4.3.7 from "version needed" on. */
static unsigned char *
put_common(unsigned char *at, const ZipEntry *entry)
{
	at = put16(at, VERSION_NEEDED);
	at = put16(at, 0);			/* flags */
	at = put16(at, METHOD_DEFLATE);
	at = put16(at, 0);			/* time */
	at = put16(at, FIRST_DAY);
	at = put32(at, entry->crc);
	at = put32(at, entry->stored);
	at = put32(at, entry->inflated);
	at = put16(at, (unsigned) strlen(entry->name));
	return put16(at, 0);		/* extra field */
}

XlsxStatus
xlsx_zip_writer_begin(XlsxZipWriter *zip, const char *name, XlsxError *error)
{
	unsigned char header[LOCAL_HEADER_BYTES];
	ZipEntry   *entry;

	if (zip->count == zip->capacity &&
		!xlsx_memory_grow(zip->memory, &zip->entries, &zip->capacity, sizeof(ZipEntry), UINT16_MAX))
		return xlsx_fail_memory(error);
	entry = &zip->entries[zip->count];
	memset(entry, 0, sizeof(*entry));
	entry->name = xlsx_memory_copy(zip->memory, name, strlen(name));
	if (entry->name == NULL)
		return xlsx_fail_memory(error);
	entry->offset = position(zip);
	zip->count++;
	put_common(put32(header, LOCAL_HEADER), entry);
	if (put(zip, header, sizeof(header), error) != XLSX_OK)
		return error->status;
	return put(zip, name, strlen(name), error);
}

/* What the compressor has to give, into the buffer. */
static XlsxStatus
run_deflate(XlsxZipWriter *zip, int how, XlsxError *error)
{
	ZipEntry   *entry = &zip->entries[zip->count - 1];
	int			result;

	do
	{
		size_t		room = BUFFER_BYTES - zip->used;
		size_t		got;

		zip->deflate.next_out = zip->buffer + zip->used;
		zip->deflate.avail_out = (unsigned) room;
		result = deflate(&zip->deflate, how);
		got = room - zip->deflate.avail_out;
		zip->used += got;
		entry->stored += got;
		if (zip->used == BUFFER_BYTES && flush(zip, error) != XLSX_OK)
			return error->status;
	} while (how == Z_FINISH ? result != Z_STREAM_END : zip->deflate.avail_in > 0);
	return XLSX_OK;
}

XlsxStatus
xlsx_zip_writer_write(XlsxZipWriter *zip, const void *bytes, size_t length, XlsxError *error)
{
	ZipEntry   *entry = &zip->entries[zip->count - 1];

	if (length > XLSX_ZIP_ENTRY_BYTES - entry->inflated)
	{
		xlsx_fail(error, XLSX_LIMIT, "part of the workbook is too large");
		return xlsx_fail_detail(error, "A part can have 4 GB.");
	}
	entry->inflated += length;
	entry->crc = (uint32_t) crc32_z(entry->crc, bytes, length);
	zip->deflate.next_in = (unsigned char *) bytes;
	zip->deflate.avail_in = (unsigned) length;
	return run_deflate(zip, Z_NO_FLUSH, error);
}

XlsxStatus
xlsx_zip_writer_end(XlsxZipWriter *zip, XlsxError *error)
{
	ZipEntry   *entry = &zip->entries[zip->count - 1];
	unsigned char sizes[12];

	if (run_deflate(zip, Z_FINISH, error) != XLSX_OK || flush(zip, error) != XLSX_OK)
		return error->status;
	deflateReset(&zip->deflate);
	put32(put32(put32(sizes, entry->crc), entry->stored), entry->inflated);
	return zip->sink.write(zip->sink.context, entry->offset + LOCAL_CRC_OFFSET, sizes, sizeof(sizes), error);
}

static XlsxStatus
put_directory_entry(XlsxZipWriter *zip, const ZipEntry *entry, XlsxError *error)
{
	unsigned char header[DIRECTORY_HEADER_BYTES];
	unsigned char *at = put16(put32(header, DIRECTORY_HEADER), VERSION_NEEDED);

	at = put_common(at, entry);
	memset(at, 0, 10);			/* comment, disk, attributes */
	put32(at + 10, entry->offset);
	if (put(zip, header, sizeof(header), error) != XLSX_OK)
		return error->status;
	return put(zip, entry->name, strlen(entry->name), error);
}

XlsxStatus
xlsx_zip_writer_finish(XlsxZipWriter *zip, XlsxError *error)
{
	unsigned char end[DIRECTORY_END_BYTES] = {0};
	uint64_t	start = position(zip);
	unsigned char *at;

	for (size_t i = 0; i < zip->count; i++)
		if (put_directory_entry(zip, &zip->entries[i], error) != XLSX_OK)
			return error->status;
	if (position(zip) > UINT32_MAX)
	{
		xlsx_fail(error, XLSX_LIMIT, "workbook is too large");
		return xlsx_fail_detail(error, "A workbook can have 4 GB.");
	}
	at = put16(put16(put32(end, DIRECTORY_END) + 4, (unsigned) zip->count), (unsigned) zip->count);
	put32(put32(at, position(zip) - start), start);
	if (put(zip, end, sizeof(end), error) != XLSX_OK)
		return error->status;
	return flush(zip, error);
}
