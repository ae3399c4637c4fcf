/*
 * zip.c
 *	  See zip.h.
 *
 * The source may leave by longjmp, also through minizip.  That is harmless but
 * for one place: while minizip looks for the end of the directory it holds a
 * buffer of its own.  What it looks through then, the last 64 kB, has been
 * read beforehand, so the source is not asked in that time.
 */
#include "zip.h"

#include <minizip/unzip.h>
#include <string.h>

#include "inflate.h"

#define CACHE_BYTES		(66 * 1024) /* the end record and the longest comment, in one piece */
#define INPUT_BYTES		(64 * 1024)
#define NAME_BYTES		512		/* longer names cannot be those of parts we look for */

/* PKWARE APPNOTE 4.4.4 and 4.4.5 */
#define FLAG_ENCRYPTED	0x0001
#define METHOD_STORED	0
#define METHOD_DEFLATED	8

typedef struct ZipEntry
{
	char	   *name;
	uint32_t	hash;			/* of the folded name */
	uint32_t	crc;
	uint64_t	stored;			/* bytes in the archive */
	uint64_t	size;			/* bytes when inflated */
	uint32_t	method;
	uint32_t	flags;
	unz64_file_pos place;
} ZipEntry;

struct XlsxZip
{
	XlsxMemory *memory;
	const XlsxSource *source;
	const XlsxLimits *limits;
	unzFile		unz;
	ZipEntry   *entries;
	size_t		count;
	size_t		capacity;

	/* What minizip sees of the source: a position, and a cache around it. */
	uint64_t	position;
	uint64_t	cache_offset;
	size_t		cache_length;
	XlsxStatus	read_status;	/* of the first read that failed */
	XlsxError	read_error;
	unsigned char cache[CACHE_BYTES];
};

struct XlsxZipStream
{
	XlsxZip    *zip;
	const ZipEntry *entry;
	XlsxInflate *inflate;		/* NULL: stored */
	uint64_t	offset;			/* next byte of the source */
	uint64_t	left;			/* stored bytes not yet taken in */
	uint64_t	produced;
	uint32_t	crc;
	bool		ended;			/* the deflate stream has said so */
	bool		checked;
	unsigned char *input;		/* NULL when the source lies in memory */
};

/* ---------- the source as minizip wants to see it ---------- */

static XlsxStatus
fill_cache(XlsxZip *zip, uint64_t offset)
{
	zip->cache_length = 0;
	zip->cache_offset = offset;
	return xlsx_source_read(zip->source, offset, zip->cache, CACHE_BYTES, &zip->cache_length, &zip->read_error);
}

static voidpf ZCALLBACK
file_open(voidpf opaque, const void *name, int mode)
{
	(void) name;
	(void) mode;
	return opaque;
}

static uLong ZCALLBACK
file_read(voidpf opaque, voidpf file, void *buffer, uLong size)
{
	XlsxZip    *zip = opaque;
	uLong		got = 0;

	(void) file;
	while (got < size && zip->position < zip->source->size && zip->read_status == XLSX_OK)
	{
		uint64_t	within = zip->position - zip->cache_offset;
		size_t		step;

		if (zip->position < zip->cache_offset || within >= zip->cache_length)
		{
			zip->read_status = fill_cache(zip, zip->position);
			within = 0;
			if (zip->read_status != XLSX_OK || zip->cache_length == 0)
				break;
		}
		step = zip->cache_length - within;
		if (step > size - got)
			step = size - got;
		memcpy((char *) buffer + got, zip->cache + within, step);
		got += step;
		zip->position += step;
	}
	return got;
}

static ZPOS64_T ZCALLBACK
file_tell(voidpf opaque, voidpf file)
{
	(void) file;
	return ((XlsxZip *) opaque)->position;
}

static long ZCALLBACK
file_seek(voidpf opaque, voidpf file, ZPOS64_T offset, int origin)
{
	XlsxZip    *zip = opaque;
	uint64_t	base = 0;

	(void) file;
	if (origin == ZLIB_FILEFUNC_SEEK_CUR)
		base = zip->position;
	else if (origin == ZLIB_FILEFUNC_SEEK_END)
		base = zip->source->size;
	if (offset > UINT64_MAX - base || base + offset > zip->source->size)
		return -1;
	zip->position = base + offset;
	return 0;
}

static int	ZCALLBACK
file_close(voidpf opaque, voidpf file)
{
	(void) opaque;
	(void) file;
	return 0;
}

static int	ZCALLBACK
file_error(voidpf opaque, voidpf file)
{
	(void) file;
	return ((XlsxZip *) opaque)->read_status != XLSX_OK;
}

/* ---------- the directory ---------- */

static inline unsigned char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned char) (c - 'A' + 'a');
	return (unsigned char) (c == '\\' ? '/' : c);
}

static const char *
skip_root(const char *name)
{
	while (fold(*name) == '/')
		name++;
	return name;
}

/* FNV-1a */
static uint32_t
hash_name(const char *name)
{
	uint32_t	hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ fold(*name)) * 16777619u;
	return hash;
}

static bool
same_name(const char *a, const char *b)
{
	while (*a != '\0' && fold(*a) == fold(*b))
	{
		a++;
		b++;
	}
	return fold(*a) == fold(*b);
}

static void
destroy_zip(void *object)
{
	XlsxZip    *zip = object;

	if (zip->unz != NULL)
		unzClose(zip->unz);
}

/* A failure that minizip reports is the source's own, or else the archive's. */
static XlsxStatus
fail_archive(XlsxZip *zip, XlsxError *error)
{
	if (zip->read_status != XLSX_OK)
	{
		*error = zip->read_error;
		return zip->read_status;
	}
	xlsx_fail(error, XLSX_DAMAGED, "could not read the directory of the workbook file");
	xlsx_fail_detail(error, "The zip directory at the end of the file is damaged.");
	return xlsx_fail_hint(error, "Save the file again in a spreadsheet program, then upload it.");
}

static XlsxStatus
add_entry(XlsxZip *zip, XlsxError *error)
{
	char		name[NAME_BYTES];
	unz_file_info64 info;
	ZipEntry   *entry;

	if (unzGetCurrentFileInfo64(zip->unz, &info, name, sizeof(name) - 1, NULL, 0, NULL, 0) != UNZ_OK)
		return fail_archive(zip, error);
	if (info.size_filename >= sizeof(name) - 1)
		return XLSX_OK;
	name[info.size_filename] = '\0';
	if (zip->count == zip->capacity &&
		!xlsx_memory_grow(zip->memory, (void **) &zip->entries, &zip->capacity, sizeof(ZipEntry), zip->limits->max_entries))
		return xlsx_fail_memory(error);
	entry = &zip->entries[zip->count];
	memset(entry, 0, sizeof(*entry));
	entry->name = xlsx_memory_copy(zip->memory, skip_root(name), strlen(skip_root(name)));
	if (entry->name == NULL)
		return xlsx_fail_memory(error);
	entry->hash = hash_name(entry->name);
	entry->crc = (uint32_t) info.crc;
	entry->stored = info.compressed_size;
	entry->size = info.uncompressed_size;
	entry->method = (uint32_t) info.compression_method;
	entry->flags = (uint32_t) info.flag;
	if (unzGetFilePos64(zip->unz, &entry->place) != UNZ_OK)
		return fail_archive(zip, error);
	zip->count++;
	return XLSX_OK;
}

static XlsxStatus
load_directory(XlsxZip *zip, XlsxError *error)
{
	unz_global_info64 info;
	ZPOS64_T	i;
	XlsxStatus	status;

	if (unzGetGlobalInfo64(zip->unz, &info) != UNZ_OK)
		return fail_archive(zip, error);
	if (info.number_entry > zip->limits->max_entries)
		return xlsx_fail_limit(error, "max_entries", zip->limits->max_entries, "workbook file has too many entries");
	for (i = 0; i < info.number_entry; i++)
	{
		if ((i == 0 ? unzGoToFirstFile(zip->unz) : unzGoToNextFile(zip->unz)) != UNZ_OK)
			return fail_archive(zip, error);
		if ((status = add_entry(zip, error)) != XLSX_OK)
			return status;
	}
	return XLSX_OK;
}

XlsxStatus
xlsx_zip_open(const XlsxSource *source, const XlsxLimits *limits, XlsxMemory *memory, XlsxZip **zip, XlsxError *error)
{
	zlib_filefunc64_def functions = {
		.zopen64_file = file_open,
		.zread_file = file_read,
		.ztell64_file = file_tell,
		.zseek64_file = file_seek,
		.zclose_file = file_close,
		.zerror_file = file_error,
	};
	XlsxZip    *self = xlsx_memory_new(memory, sizeof(XlsxZip), destroy_zip);
	XlsxStatus	status;

	*zip = NULL;
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->memory = memory;
	self->source = source;
	self->limits = limits;
	functions.opaque = self;
	status = fill_cache(self, source->size > CACHE_BYTES ? source->size - CACHE_BYTES : 0);
	if (status != XLSX_OK)
		*error = self->read_error;
	else if ((self->unz = unzOpen2_64("", &functions)) != NULL)
		status = load_directory(self, error);
	else if (self->read_status != XLSX_OK)
		status = fail_archive(self, error);
	else
		status = xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "file is not a workbook, or it is cut off");
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
	size_t		i;

	if (zip == NULL)
		return;
	for (i = 0; i < zip->count; i++)
		xlsx_memory_free(zip->memory, zip->entries[i].name);
	xlsx_memory_free(zip->memory, zip->entries);
	xlsx_memory_free(zip->memory, zip);
}

size_t
xlsx_zip_find(const XlsxZip *zip, const char *name)
{
	uint32_t	hash;
	size_t		i = zip->count;

	name = skip_root(name);
	hash = hash_name(name);
	while (i-- > 0)
		if (zip->entries[i].hash == hash && same_name(zip->entries[i].name, name))
			return i;
	return SIZE_MAX;
}

const char *
xlsx_zip_name(const XlsxZip *zip, size_t index)
{
	return zip->entries[index].name;
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
fail_entry_limit(const XlsxZipStream *stream, XlsxError *error, const char *setting, uint64_t limit,
				 const char *message)
{
	xlsx_fail_limit(error, setting, limit, message);
	return xlsx_fail_at(error, stream->entry->name, 0, 0);
}

/* Deflate reaches 1032:1 at most, so beyond the floor a high ratio means a bomb. */
static XlsxStatus
check_size(const XlsxZipStream *stream, uint64_t size, uint64_t stored, XlsxError *error)
{
	const XlsxLimits *limits = stream->zip->limits;

	if (size > limits->max_entry_bytes)
		return fail_entry_limit(stream, error, "max_entry_bytes", limits->max_entry_bytes,
								"part of the workbook is too large");
	if (size > limits->ratio_floor_bytes && size / limits->max_compression_ratio > stored)
		return fail_entry_limit(stream, error, "max_compression_ratio", limits->max_compression_ratio,
								"part of the workbook is compressed too much");
	return XLSX_OK;
}

/* Where the bytes of the entry begin, by its local header. */
static XlsxStatus
find_bytes(XlsxZipStream *stream, XlsxError *error)
{
	XlsxZip    *zip = stream->zip;
	const ZipEntry *entry = stream->entry;
	int			method,
				level;

	if (unzGoToFilePos64(zip->unz, &entry->place) != UNZ_OK ||
		unzOpenCurrentFile2(zip->unz, &method, &level, 1) != UNZ_OK)
	{
		if (zip->read_status != XLSX_OK)
			return fail_archive(zip, error);
		return fail_entry(stream, error, "Its header and the directory of the file do not agree.");
	}
	stream->offset = unzGetCurrentFileZStreamPos64(zip->unz);
	unzCloseCurrentFile(zip->unz);
	if (stream->offset > zip->source->size || entry->stored > zip->source->size - stream->offset)
		return fail_entry(stream, error, "Its bytes end beyond the end of the file.");
	if (entry->method == METHOD_STORED && entry->stored != entry->size)
		return fail_entry(stream, error, "It is not compressed, but its two sizes differ.");
	return XLSX_OK;
}

static XlsxStatus
prepare_stream(XlsxZipStream *stream, XlsxError *error)
{
	XlsxMemory *memory = stream->zip->memory;
	const ZipEntry *entry = stream->entry;
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
	self->entry = &zip->entries[index];
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
