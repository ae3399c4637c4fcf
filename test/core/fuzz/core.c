/*
 * core.c
 *	  See core.h.
 */
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const XlsxLimits fuzz_limits = {
	.max_entry_bytes = 1 << 20,
	.max_compression_ratio = 300,
	.ratio_floor_bytes = 1 << 16,
	.max_entries = 64,
	.max_shared_strings_bytes = 1 << 16,
	.max_string_length = 1000,
	.max_row_bytes = 1 << 14,
	.max_columns = 300,
	.max_rows = 1048576,
	.max_xml_depth = 64,
	.max_xml_attributes = 64,
};

static void __attribute__((constructor))
hurry(void)
{
	zip_text_is_stored = true;
}

void
fuzz_compare(const Bytes *book)
{
	char	   *scanned = dump(book, &fuzz_limits, false),
			   *parsed = dump(book, &fuzz_limits, true);

	if (!same_cells(scanned, parsed))
	{
		fprintf(stderr, "scanner:\n%s\nexpat:\n%s\n", scanned, parsed);
		abort();
	}
	free(scanned);
	free(parsed);
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
