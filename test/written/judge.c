/*
 * judge.c
 *	  Workbooks that the product has written, as minizip reads them.
 *
 * WRITTEN names a folder. Each *.xlsx in it is a case: minizip must find every
 * entry sound, and must not when the file has been damaged on purpose. Reads
 * by minizip's API alone, except the local headers, which that API compares
 * with the directory only in part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <minizip/unzip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCAL_HEADER_BYTES	30	/* APPNOTE.TXT 4.3.7 */
#define DIRECTORY_BYTES		46	/* 4.3.12 */
#define DIRECTORY_END_BYTES	22	/* 4.3.16 */
#define MOST_ENTRIES	1000
#define NAME_BYTES		256
#define VERSION_DEFLATE	20		/* 4.4.3.2 */
#define METHOD_DEFLATE	8

/* Bits 1 and 2 say how hard the program compressed, bit 11 that names are UTF-8 (4.4.4). Nothing else is needed. */
#define HARMLESS_FLAGS	0x0806u

/* "", or the first thing that is wrong with a workbook. */
typedef char Verdict[600];

typedef struct Entry
{
	char		name[NAME_BYTES];
	uint64_t	header;			/* offset of the local header */
	uint64_t	end;			/* of its data */
} Entry;

typedef struct Container
{
	FILE	   *bytes;
	unzFile		zip;
	Entry		entries[MOST_ENTRIES];
	int			count;
	char	   *types;			/* [Content_Types].xml */
} Container;

#define REFUSE(...) return (void) snprintf(verdict, sizeof(Verdict), __VA_ARGS__), false

static unsigned
get16(const unsigned char *at)
{
	return at[0] | (unsigned) at[1] << 8;
}

static uint32_t
get32(const unsigned char *at)
{
	return get16(at) | (uint32_t) get16(at + 2) << 16;
}

/*
 * One entry
 */

/* Names of parts: ASCII, relative, without "." and "..", none twice in any case of letters. */
static bool
name_is_sound(const Container *c, const Entry *entry, char *verdict)
{
	if (strspn(entry->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/[]") != strlen(entry->name) ||
		entry->name[0] == '/' || strstr(entry->name, "//") != NULL || strstr(entry->name, "..") != NULL)
		REFUSE("entry \"%s\" has a name that no part has", entry->name);
	for (int i = 0; i < c->count; i++)
		if (unzStringFileNameCompare(c->entries[i].name, entry->name, 2) == 0)
			REFUSE("entry \"%s\" is there twice", entry->name);
	return true;
}

/* The directory says what every reader understands: deflate, no encryption, no sizes behind the data, no zip64. */
static bool
directory_is_plain(const Entry *entry, const unz_file_info64 *info, char *verdict)
{
	if ((info->flag & ~HARMLESS_FLAGS) != 0)
		REFUSE("entry \"%s\" has flags 0x%04lx", entry->name, info->flag);
	if (info->compression_method != METHOD_DEFLATE && info->compression_method != 0)
		REFUSE("entry \"%s\" has method %lu", entry->name, info->compression_method);
	if (info->version_needed > VERSION_DEFLATE)
		REFUSE("entry \"%s\" needs version %lu", entry->name, info->version_needed);
	if (info->size_file_extra != 0 || info->size_file_comment != 0 || info->disk_num_start != 0)
		REFUSE("entry \"%s\" has an extra field, a comment or another disk", entry->name);
	return true;
}

/* The local header, whose end is the start of the data, says the same as the directory. */
static bool
local_header_agrees(Container *c, Entry *entry, const unz_file_info64 *info, char *verdict)
{
	unsigned char header[LOCAL_HEADER_BYTES + NAME_BYTES] = {0};
	uint64_t	data = unzGetCurrentFileZStreamPos64(c->zip);
	size_t		length = strlen(entry->name);

	entry->header = data - LOCAL_HEADER_BYTES - length;
	entry->end = data + info->compressed_size;
	if (unzGetLocalExtrafield(c->zip, NULL, 0) != 0)
		REFUSE("entry \"%s\" has an extra field in its local header", entry->name);
	if (fseek(c->bytes, (long) entry->header, SEEK_SET) != 0 ||
		fread(header, 1, LOCAL_HEADER_BYTES + length, c->bytes) != LOCAL_HEADER_BYTES + length)
		REFUSE("entry \"%s\" has no local header", entry->name);
	if (memcmp(header + LOCAL_HEADER_BYTES, entry->name, length) != 0)
		REFUSE("entry \"%s\" is \"%.*s\" in its local header", entry->name, (int) length, (char *) header + LOCAL_HEADER_BYTES);
	if (get16(header + 4) != info->version_needed || get16(header + 6) != info->flag ||
		get16(header + 8) != info->compression_method || get32(header + 10) != info->dosDate ||
		get32(header + 14) != info->crc || get32(header + 18) != info->compressed_size ||
		get32(header + 22) != info->uncompressed_size)
		REFUSE("entry \"%s\" has another local header than the directory says", entry->name);
	return true;
}

/* All bytes are there, as many as the directory says, with its checksum. */
static bool
data_is_whole(Container *c, const Entry *entry, const unz_file_info64 *info, char *verdict)
{
	bool		is_types = strcmp(entry->name, "[Content_Types].xml") == 0;
	char		buffer[16384];
	uint64_t	all = 0;
	int			got;

	while ((got = unzReadCurrentFile(c->zip, buffer, sizeof(buffer))) > 0)
	{
		if (is_types)
		{
			c->types = realloc(c->types, all + (size_t) got + 1);
			memcpy(c->types + all, buffer, (size_t) got);
			c->types[all + (size_t) got] = '\0';
		}
		all += (uint64_t) got;
	}
	if (got < 0)
		REFUSE("entry \"%s\" cannot be inflated: %d", entry->name, got);
	if (all != info->uncompressed_size || all == 0)
		REFUSE("entry \"%s\" has %llu bytes, and the directory says %llu", entry->name, (unsigned long long) all,
			   (unsigned long long) info->uncompressed_size);
	return true;
}

static bool
entry_is_sound(Container *c, char *verdict)
{
	Entry	   *entry = &c->entries[c->count];
	unz_file_info64 info;
	bool		sound;

	if (unzGetCurrentFileInfo64(c->zip, &info, entry->name, NAME_BYTES, NULL, 0, NULL, 0) != UNZ_OK)
		REFUSE("entry %d cannot be read from the directory", c->count);
	if (strlen(entry->name) != info.size_filename)
		REFUSE("entry %d has a NUL in its name", c->count);
	if (!name_is_sound(c, entry, verdict) || !directory_is_plain(entry, &info, verdict))
		return false;
	if (unzOpenCurrentFile(c->zip) != UNZ_OK)
		REFUSE("entry \"%s\" has a local header that minizip refuses", entry->name);
	sound = local_header_agrees(c, entry, &info, verdict) && data_is_whole(c, entry, &info, verdict);
	if (unzCloseCurrentFile(c->zip) == UNZ_CRCERROR && sound)
		REFUSE("entry \"%s\" has another checksum than the directory says", entry->name);
	c->count++;
	return sound;
}

/*
 * The whole
 */

/* Entries follow each other, from the first byte to the directory: nothing lies between them, or twice. */
static bool
entries_are_dense(const Container *c, uint64_t directory, char *verdict)
{
	uint64_t	at = 0;

	for (int i = 0; i < c->count; i++)
	{
		if (c->entries[i].header != at)
			REFUSE("entry \"%s\" begins at %llu instead of %llu", c->entries[i].name,
				   (unsigned long long) c->entries[i].header, (unsigned long long) at);
		at = c->entries[i].end;
	}
	if (at != directory)
		REFUSE("the directory begins at %llu, and the last entry ends at %llu", (unsigned long long) directory,
			   (unsigned long long) at);
	return true;
}

/* A spreadsheet program looks for these, and for every part that [Content_Types].xml names. */
static bool
parts_are_there(const Container *c, char *verdict)
{
	static const char *const needed[] = {"_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
	"xl/worksheets/sheet1.xml"};
	const char *part = c->types;
	char		name[NAME_BYTES];

	if (part == NULL)
		REFUSE("[Content_Types].xml is missing");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (unzLocateFile(c->zip, needed[i], 1) != UNZ_OK)
			REFUSE("part \"%s\" is missing", needed[i]);
	while ((part = strstr(part, " PartName=\"/")) != NULL)
	{
		part += strlen(" PartName=\"/");
		(void) snprintf(name, sizeof(name), "%.*s", (int) strcspn(part, "\""), part);
		if (unzLocateFile(c->zip, name, 1) != UNZ_OK)
			REFUSE("[Content_Types].xml names \"%s\", which is missing", name);
	}
	return true;
}

static bool
container_is_sound(Container *c, char *verdict)
{
	unz_global_info64 global;
	uint64_t	directory;
	int			status = unzGoToFirstFile(c->zip);

	if (unzGetGlobalInfo64(c->zip, &global) != UNZ_OK || global.number_entry >= MOST_ENTRIES || global.size_comment != 0)
		REFUSE("the directory has no end that is plain");
	directory = unzGetOffset64(c->zip);
	for (; status == UNZ_OK; status = unzGoToNextFile(c->zip))
		if (!entry_is_sound(c, verdict))
			return false;
	if (status != UNZ_END_OF_LIST_OF_FILE || (uint64_t) c->count != global.number_entry)
		REFUSE("the directory has another number of entries than %llu", (unsigned long long) global.number_entry);
	return entries_are_dense(c, directory, verdict) && parts_are_there(c, verdict);
}

static void
judge(const char *path, char *verdict)
{
	Container  *c = calloc(1, sizeof(Container));

	verdict[0] = '\0';
	c->bytes = fopen(path, "rb");
	c->zip = unzOpen64(path);
	if (c->bytes == NULL || c->zip == NULL)
		(void) snprintf(verdict, sizeof(Verdict), "minizip cannot open it");
	else
		(void) container_is_sound(c, verdict);
	if (c->zip != NULL)
		unzClose(c->zip);
	if (c->bytes != NULL)
		fclose(c->bytes);
	free(c->types);
	free(c);
}

/*
 * Damages
 */

/* A workbook in memory, with the places of one entry's two headers. */
typedef struct Patient
{
	unsigned char *bytes;
	size_t		length;
	unsigned char *local;
	unsigned char *directory;
	unsigned char *data;
	unsigned char *end;			/* of the directory */
} Patient;

/* Offsets in the two headers. */
enum
{
	LOCAL_FLAGS = 6, LOCAL_METHOD = 8, LOCAL_CRC = 14, LOCAL_STORED = 18, LOCAL_INFLATED = 22,
	CENTRAL_FLAGS = 8, CENTRAL_METHOD = 10, CENTRAL_CRC = 16, CENTRAL_STORED = 20, CENTRAL_INFLATED = 24, CENTRAL_OFFSET = 42
};

static void
spoil_crc(Patient *p)
{
	p->local[LOCAL_CRC] ^= 1;
	p->directory[CENTRAL_CRC] ^= 1;
}

static void
spoil_local_crc(Patient *p)
{
	p->local[LOCAL_CRC + 3] ^= 0x80;
}

static void
spoil_inflated_size(Patient *p)
{
	p->local[LOCAL_INFLATED] ^= 1;
	p->directory[CENTRAL_INFLATED] ^= 1;
}

static void
spoil_stored_size(Patient *p)
{
	p->local[LOCAL_STORED] ^= 0x10;
	p->directory[CENTRAL_STORED] ^= 0x10;
}

static void
spoil_local_size(Patient *p)
{
	p->local[LOCAL_STORED] ^= 1;
}

static void
spoil_data(Patient *p)
{
	p->data[20] ^= 0x5a;
}

static void
spoil_local_name(Patient *p)
{
	p->local[LOCAL_HEADER_BYTES] ^= 0x20;
}

static void
spoil_name(Patient *p)
{
	p->local[LOCAL_HEADER_BYTES] = '\\';
	p->directory[DIRECTORY_BYTES] = '\\';
}

static void
spoil_local_flag(Patient *p)
{
	p->local[LOCAL_FLAGS] |= 8;
}

static void
spoil_encrypted_flag(Patient *p)
{
	p->local[LOCAL_FLAGS] |= 1;
	p->directory[CENTRAL_FLAGS] |= 1;
}

static void
spoil_descriptor_flag(Patient *p)
{
	p->local[LOCAL_FLAGS] |= 8;
	p->directory[CENTRAL_FLAGS] |= 8;
}

static void
spoil_method(Patient *p)
{
	p->local[LOCAL_METHOD] = 9;
	p->directory[CENTRAL_METHOD] = 9;
}

static void
spoil_offset(Patient *p)
{
	p->directory[CENTRAL_OFFSET] ^= 1;
}

static void
spoil_count(Patient *p)
{
	p->end[8] = p->end[10] = (unsigned char) (p->end[10] - 1);
}

static void
spoil_length(Patient *p)
{
	p->length -= 5;
}

static const struct Damage
{
	const char *name;
	void		(*spoil) (Patient *patient);
	const char *found;			/* what the verdict must contain */
}			damages[] = {
	{"a wrong CRC", spoil_crc, "has another checksum than the directory says"},
	{"a wrong CRC in the local header", spoil_local_crc, "has a local header that minizip refuses"},
	{"a wrong size", spoil_inflated_size, "entry \""},
	{"a wrong stored size", spoil_stored_size, "entry "},
	{"a wrong stored size in the local header", spoil_local_size, "has a local header that minizip refuses"},
	{"a changed byte of data", spoil_data, "entry \""},
	{"another name in the local header", spoil_local_name, "in its local header"},
	{"a name that no part has", spoil_name, "has a name that no part has"},
	{"another flag in the local header", spoil_local_flag, "has another local header than the directory says"},
	{"a flag that says encrypted", spoil_encrypted_flag, "has flags 0x0001"},
	{"a flag that says sizes are behind the data", spoil_descriptor_flag, "has flags 0x0008"},
	{"an unknown method", spoil_method, "has method 9"},
	{"a wrong place of the local header", spoil_offset, "has a local header that minizip refuses"},
	{"an entry less in the directory's end", spoil_count, "the directory begins at"},
	{"a missing end", spoil_length, "minizip cannot open it"},
};

/* Reads the workbook, and finds the last entry of its directory: the writer ends with a sheet or what belongs to it. */
static Patient
admit(const char *path)
{
	Patient		p = {0};
	FILE	   *file = fopen(path, "rb");
	unsigned	count;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	p.length = (size_t) ftell(file);
	rewind(file);
	p.bytes = malloc(p.length);
	assert_int_equal(fread(p.bytes, 1, p.length, file), p.length);
	fclose(file);
	p.end = p.bytes + p.length - DIRECTORY_END_BYTES;
	count = get16(p.end + 10);
	p.directory = p.bytes + get32(p.end + 16);
	for (unsigned i = 1; i < count; i++)
		p.directory += DIRECTORY_BYTES + get16(p.directory + 28) + get16(p.directory + 30) + get16(p.directory + 32);
	p.local = p.bytes + get32(p.directory + CENTRAL_OFFSET);
	p.data = p.local + LOCAL_HEADER_BYTES + get16(p.local + 26) + get16(p.local + 28);
	return p;
}

/*
 * Cases
 */

static void
test_sound(void **state)
{
	Verdict		verdict;

	judge(*state, verdict);
	assert_string_equal(verdict, "");
}

static void
test_damaged(void **state)
{
	char		path[] = "/tmp/damaged-XXXXXX";
	Verdict		verdict;

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
	{
		Patient		p = admit(*state);
		int			descriptor;

		memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
		descriptor = mkstemp(path);
		assert_true(descriptor >= 0);
		damages[i].spoil(&p);
		assert_int_equal(write(descriptor, p.bytes, p.length), p.length);
		close(descriptor);
		free(p.bytes);
		judge(path, verdict);
		unlink(path);
		if (strstr(verdict, damages[i].found) == NULL)
			fail_msg("%s with %s: \"%s\" instead of \"%s\"", (char *) *state, damages[i].name, verdict, damages[i].found);
	}
}

/* "every entry is sound: template.xlsx" */
static char *
name_case(const char *what, const char *path)
{
	char	   *name = malloc(strlen(what) + strlen(path) + 3);

	(void) sprintf(name, "%s: %s", what, strrchr(path, '/') + 1);
	return name;
}

int
main(void)
{
	char		pattern[4096];
	int			failed;
	glob_t		books;
	struct CMUnitTest *tests;

	(void) snprintf(pattern, sizeof(pattern), "%s/*.xlsx", getenv("WRITTEN") != NULL ? getenv("WRITTEN") : "");
	if (glob(pattern, 0, NULL, &books) != 0)
	{
		fprintf(stderr, "judge: no workbook is %s\n", pattern);
		return 1;
	}
	tests = calloc(books.gl_pathc * 2, sizeof(*tests));
	for (size_t i = 0; i < books.gl_pathc; i++)
	{
		char	   *path = books.gl_pathv[i];

		tests[2 * i] = (struct CMUnitTest) {
			.name = name_case("every entry is sound", path),.test_func = test_sound,.initial_state = path
		};
		tests[2 * i + 1] = (struct CMUnitTest) {
			.name = name_case("no damage passes", path),.test_func = test_damaged,.initial_state = path
		};
	}
	failed = _cmocka_run_group_tests("written", tests, books.gl_pathc * 2, NULL, NULL);
	for (size_t i = 0; i < books.gl_pathc * 2; i++)
		free((char *) tests[i].name);
	free(tests);
	globfree(&books);
	return failed;
}
