/*
 * directory.c
 *	  See directory.h.
 */
#include "directory.h"

#include <stdlib.h>
#include <string.h>

#define END_BYTES			22	/* end of central directory record, 4.3.16 */
#define LOCATOR_BYTES		20	/* zip64 end of central directory locator, 4.3.15 */
#define END64_BYTES			56	/* zip64 end of central directory record, 4.3.14 */
#define HEADER_BYTES		46	/* central directory header, 4.3.12 */
#define COMMENT_BYTES		65535
#define WINDOW_BYTES		(END_BYTES + LOCATOR_BYTES + COMMENT_BYTES)
#define NAME_BYTES			512 /* longer names cannot be those of parts we look for */
#define ZIP64_EXTRA			0x0001	/* 4.5.3 */
#define END_CANDIDATES		16	/* so many false end records may stand in a comment */

#define IS_SIGNATURE(p, a, b) ((p)[0] == 'P' && (p)[1] == 'K' && (p)[2] == (a) && (p)[3] == (b))

/* Reading the directory: a window of the file, and what the end record says. */
typedef struct Reader
{
	const XlsxSource *source;
	const XlsxLimits *limits;
	XlsxMemory *memory;
	XlsxDirectory *directory;
	uint64_t	window_start;
	size_t		window_length;
	uint64_t	count;			/* of entries */
	uint64_t	start;			/* of the directory in the file */
	uint64_t	end;			/* behind the directory */
	uint64_t	before;			/* bytes in front of the archive: all offsets are this much too small */
	unsigned char window[WINDOW_BYTES];
} Reader;

/* What one end record, plain or zip64, says. */
typedef struct End
{
	uint64_t	place;			/* of the record itself */
	bool		last;			/* its comment ends with the file */
	uint64_t	count;
	uint64_t	size;
	uint64_t	offset;
} End;

/* ---------- the file ---------- */

/* length bytes at offset; *bytes is NULL when the file ends before. */
static XlsxStatus
look(Reader *reader, uint64_t offset, size_t length, const unsigned char **bytes, XlsxError *error)
{
	XlsxStatus	status;

	*bytes = NULL;
	if (offset > reader->source->size || length > reader->source->size - offset)
		return XLSX_OK;
	if (offset < reader->window_start || offset - reader->window_start > reader->window_length ||
		length > reader->window_length - (offset - reader->window_start))
	{
		reader->window_start = offset;
		reader->window_length = 0;
		while (reader->window_length < length)
		{
			size_t		got;

			status = xlsx_source_read(reader->source, offset + reader->window_length,
									  reader->window + reader->window_length, WINDOW_BYTES - reader->window_length,
									  &got, error);
			if (status != XLSX_OK)
				return status;
			if (got == 0)
				return XLSX_OK;
			reader->window_length += got;
		}
	}
	*bytes = reader->window + (offset - reader->window_start);
	return XLSX_OK;
}

static XlsxStatus
fail_damaged(XlsxError *error)
{
	xlsx_fail(error, XLSX_DAMAGED, "could not read the directory of the workbook file");
	xlsx_fail_detail(error, "The zip directory at the end of the file is damaged.");
	return xlsx_fail_hint(error, "Save the file again in a spreadsheet program, then upload it.");
}

/* ---------- the end records ---------- */

/* Does the directory lie where this record says, or where it must have moved with junk in front? */
static XlsxStatus
try_directory(Reader *reader, const End *end, bool *found, XlsxError *error)
{
	const unsigned char *bytes;
	XlsxStatus	status;
	uint64_t	starts[2];
	int			i;

	*found = false;
	if (end->size > end->place || end->offset > end->place)
		return XLSX_OK;
	starts[0] = end->place - end->size;
	starts[1] = end->offset;
	for (i = 0; i < 2 && !*found; i++)
	{
		if (starts[i] < end->offset)
			continue;
		if (end->count == 0)
			*found = end->last && end->size == 0;
		else if ((status = look(reader, starts[i], HEADER_BYTES, &bytes, error)) != XLSX_OK)
			return status;
		else
			*found = bytes != NULL && IS_SIGNATURE(bytes, 1, 2);
		reader->count = end->count;
		reader->start = starts[i];
		reader->end = end->place;
		reader->before = starts[i] - end->offset;
	}
	return XLSX_OK;
}

/* The zip64 record that the locator in front of the plain record points to. */
static XlsxStatus
try_zip64(Reader *reader, uint64_t plain, bool *found, XlsxError *error)
{
	const unsigned char *bytes;
	XlsxStatus	status;
	uint64_t	places[2];
	int			i;

	*found = false;
	if (plain < LOCATOR_BYTES + END64_BYTES)
		return XLSX_OK;
	if ((status = look(reader, plain - LOCATOR_BYTES, LOCATOR_BYTES, &bytes, error)) != XLSX_OK)
		return status;
	if (bytes == NULL || !IS_SIGNATURE(bytes, 6, 7))
		return XLSX_OK;
	places[0] = xlsx_zip_64(bytes + 8);
	places[1] = plain - LOCATOR_BYTES - END64_BYTES;
	for (i = 0; i < 2 && !*found; i++)
	{
		End			end;

		if ((status = look(reader, places[i], END64_BYTES, &bytes, error)) != XLSX_OK)
			return status;
		if (bytes == NULL || !IS_SIGNATURE(bytes, 6, 6))
			continue;
		end.place = places[i];
		end.last = true;
		end.count = xlsx_zip_64(bytes + 32);
		end.size = xlsx_zip_64(bytes + 40);
		end.offset = xlsx_zip_64(bytes + 48);
		if ((status = try_directory(reader, &end, found, error)) != XLSX_OK)
			return status;
	}
	return XLSX_OK;
}

static XlsxStatus
try_end(Reader *reader, uint64_t place, bool *found, XlsxError *error)
{
	const unsigned char *bytes;
	XlsxStatus	status;
	End			end = {.place = place};

	if ((status = try_zip64(reader, place, found, error)) != XLSX_OK || *found)
		return status;
	if ((status = look(reader, place, END_BYTES, &bytes, error)) != XLSX_OK || bytes == NULL)
		return status;
	end.count = xlsx_zip_16(bytes + 10);
	end.size = xlsx_zip_32(bytes + 12);
	end.offset = xlsx_zip_32(bytes + 16);
	end.last = place + END_BYTES + xlsx_zip_16(bytes + 20) == reader->source->size;
	return try_directory(reader, &end, found, error);
}

/* The last end record whose directory is there: a comment may contain what looks like one. */
static XlsxStatus
find_end(Reader *reader, XlsxError *error)
{
	uint64_t	size = reader->source->size;
	uint64_t	place = size,
				first = size > END_BYTES + COMMENT_BYTES ? size - END_BYTES - COMMENT_BYTES : 0;
	int			seen = 0;

	while (place-- > first && seen < END_CANDIDATES)
	{
		const unsigned char *bytes;
		bool		found;
		/* the whole tail at once, not byte by byte from its end */
		XlsxStatus	status = look(reader, first, (size_t) (size - first), &bytes, error);

		if (status != XLSX_OK || bytes == NULL)
			return status != XLSX_OK ? status : fail_damaged(error);
		bytes += place - first;
		if (size - place < END_BYTES || !IS_SIGNATURE(bytes, 5, 6))
			continue;
		seen++;
		if ((status = try_end(reader, place, &found, error)) != XLSX_OK || found)
			return status;
	}
	if (seen > 0)
		return fail_damaged(error);
	return xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "file is not a workbook, or it is cut off");
}

/* ---------- the entries ---------- */

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

/* As strcmp, for names of parts. */
static int
compare_names(const char *a, const char *b)
{
	while (*a != '\0' && fold(*a) == fold(*b))
	{
		a++;
		b++;
	}
	return (int) fold(*a) - (int) fold(*b);
}

/* Sizes and offset that do not fit the header, in this order, as far as they do not. */
static bool
read_zip64_extra(XlsxDirectoryEntry *entry, const unsigned char *extra, size_t length)
{
	uint64_t   *fields[] = {&entry->size, &entry->stored, &entry->offset};
	size_t		i;

	while (length >= 4)
	{
		size_t		size = xlsx_zip_16(extra + 2);
		const unsigned char *value = extra + 4;

		if (size > length - 4)
			return false;
		if (xlsx_zip_16(extra) == ZIP64_EXTRA)
		{
			for (i = 0; i < 3; i++)
			{
				if (*fields[i] != UINT32_MAX)
					continue;
				if (size < 8)
					return false;
				*fields[i] = xlsx_zip_64(value);
				value += 8;
				size -= 8;
			}
			return true;
		}
		extra += 4 + size;
		length -= 4 + size;
	}
	return true;
}

static XlsxStatus
add_entry(Reader *reader, const unsigned char *header, XlsxError *error)
{
	XlsxDirectory *directory = reader->directory;
	size_t		name_length = xlsx_zip_16(header + 28);
	char		name[NAME_BYTES];
	XlsxDirectoryEntry *entry;

	if (name_length >= sizeof(name))
		return XLSX_OK;
	if (directory->count == directory->capacity &&
		!xlsx_memory_grow(reader->memory, &directory->entries, &directory->capacity, sizeof(*entry),
						  reader->limits->max_entries))
		return xlsx_fail_memory(error);
	memcpy(name, header + HEADER_BYTES, name_length);
	name[name_length] = '\0';
	entry = &directory->entries[directory->count];
	entry->flags = (uint16_t) xlsx_zip_16(header + 8);
	entry->method = (uint16_t) xlsx_zip_16(header + 10);
	entry->crc = xlsx_zip_32(header + 16);
	entry->stored = xlsx_zip_32(header + 20);
	entry->size = xlsx_zip_32(header + 24);
	entry->offset = xlsx_zip_32(header + 42);
	if (!read_zip64_extra(entry, header + HEADER_BYTES + name_length, xlsx_zip_16(header + 30)) ||
		entry->offset > UINT64_MAX - reader->before)
		return fail_damaged(error);
	entry->offset += reader->before;
	entry->name = xlsx_memory_copy(reader->memory, skip_root(name), strlen(skip_root(name)));
	if (entry->name == NULL)
		return xlsx_fail_memory(error);
	directory->count++;
	return XLSX_OK;
}

static XlsxStatus
read_entries(Reader *reader, XlsxError *error)
{
	uint64_t	place = reader->start,
				i;
	const unsigned char *header;
	XlsxStatus	status;

	for (i = 0; i < reader->count; i++)
	{
		size_t		length;

		if ((status = look(reader, place, HEADER_BYTES, &header, error)) != XLSX_OK)
			return status;
		if (header == NULL || !IS_SIGNATURE(header, 1, 2))
			return fail_damaged(error);
		/* name and extra fields too, but not the comment */
		length = HEADER_BYTES + xlsx_zip_16(header + 28) + xlsx_zip_16(header + 30);
		place += length + xlsx_zip_16(header + 32);
		if (place > reader->end || length > WINDOW_BYTES)
			return fail_damaged(error);
		if ((status = look(reader, place - length - xlsx_zip_16(header + 32), length, &header, error)) != XLSX_OK)
			return status;
		if (header == NULL)
			return fail_damaged(error);
		if ((status = add_entry(reader, header, error)) != XLSX_OK)
			return status;
	}
	return XLSX_OK;
}

static int
compare_entries(const void *a, const void *b)
{
	const XlsxDirectoryEntry *x = *(XlsxDirectoryEntry *const *) a,
			   *y = *(XlsxDirectoryEntry *const *) b;
	int			order = compare_names(x->name, y->name);

	return order != 0 ? order : x < y ? -1 : x > y;
}

/* A package may look up every entry, so a search must not look at all of them. */
static XlsxStatus
sort_entries(XlsxDirectory *directory, XlsxMemory *memory, XlsxError *error)
{
	size_t		i;

	if (directory->count == 0)
		return XLSX_OK;
	directory->by_name = xlsx_memory_alloc(memory, directory->count * sizeof(*directory->by_name));
	if (directory->by_name == NULL)
		return xlsx_fail_memory(error);
	for (i = 0; i < directory->count; i++)
		directory->by_name[i] = &directory->entries[i];
	qsort(directory->by_name, directory->count, sizeof(*directory->by_name), compare_entries);
	return XLSX_OK;
}

XlsxStatus
xlsx_directory_read(const XlsxSource *source, const XlsxLimits *limits, XlsxMemory *memory,
					XlsxDirectory *directory, XlsxError *error)
{
	Reader	   *reader = xlsx_memory_new(memory, sizeof(Reader), NULL);
	XlsxStatus	status;

	memset(directory, 0, sizeof(*directory));
	if (reader == NULL)
		return xlsx_fail_memory(error);
	reader->source = source;
	reader->limits = limits;
	reader->memory = memory;
	reader->directory = directory;
	status = find_end(reader, error);
	if (status == XLSX_OK && reader->count > limits->max_entries)
		status = xlsx_fail_limit(error, limits, XLSX_LIMIT_max_entries, "workbook file has too many entries");
	if (status == XLSX_OK)
		status = read_entries(reader, error);
	if (status == XLSX_OK)
		status = sort_entries(directory, memory, error);
	xlsx_memory_free(memory, reader);
	return status;
}

size_t
xlsx_directory_find(const XlsxDirectory *directory, const char *name)
{
	size_t		low = 0,
				high = directory->count;

	name = skip_root(name);
	while (low < high)			/* behind the last that is not larger */
	{
		size_t		middle = (low + high) / 2;

		if (compare_names(directory->by_name[middle]->name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || compare_names(directory->by_name[low - 1]->name, name) != 0)
		return SIZE_MAX;
	return (size_t) (directory->by_name[low - 1] - directory->entries);
}

void
xlsx_directory_free(XlsxDirectory *directory, XlsxMemory *memory)
{
	size_t		i;

	for (i = 0; i < directory->count; i++)
		xlsx_memory_free(memory, directory->entries[i].name);
	xlsx_memory_free(memory, directory->entries);
	xlsx_memory_free(memory, directory->by_name);
	memset(directory, 0, sizeof(*directory));
}
