/*
 * core.c
 *	  See core.h.
 */
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

XlsxLimits	fuzz_limits[FUZZ_LIMITS];

static void
lower(uint64_t *limit, uint64_t most)
{
	if (*limit > most)
		*limit = most;
}

static void __attribute__((constructor))
prepare(void)
{
	XlsxLimits *small = &fuzz_limits[1];

	zip_text_is_stored = true;
	fuzz_limits[0] = *small = xlsx_default_limits;
	lower(&small->max_entry_bytes, 1 << 20);
	lower(&small->ratio_floor_bytes, 1 << 16);
	lower(&small->max_entries, 64);
	lower(&small->max_shared_strings_bytes, 1 << 16);
	lower(&small->max_string_length, 1000);
	lower(&small->max_row_bytes, 1 << 14);
	lower(&small->max_columns, 300);
	lower(&small->max_xml_attributes, 64);
}

static void
compare(const Bytes *book, const XlsxLimits *limits)
{
	char	   *scanned = dump(book, limits, false),
			   *parsed = dump(book, limits, true);

	if (!same_cells(scanned, parsed))
	{
		fprintf(stderr, "scanner:\n%s\nexpat:\n%s\n", scanned, parsed);
		abort();
	}
	free(scanned);
	free(parsed);
}

void
fuzz_compare(const Bytes *book)
{
	for (int i = 0; i < FUZZ_LIMITS; i++)
		compare(book, &fuzz_limits[i]);
}

char *
fuzz_text(const uint8_t *data, size_t size)
{
	char	   *text = malloc(size + 1);
	size_t		i;

	for (i = 0; i < size; i++)
		text[i] = data[i] != 0 ? (char) data[i] : ' ';
	text[size] = '\0';
	return text;
}
