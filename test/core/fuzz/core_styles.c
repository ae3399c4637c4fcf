/*
 * core_styles.c
 *	  A styles part, and the same bytes as a number format code.
 */
#include "core.h"

#include <stdlib.h>

#include "styles.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	BookParts	parts = {.styles = text};
	Bytes		book;

	parts.sheet = "<worksheet xmlns='" MAIN_NS "'><sheetData><row><c s='0'><v>1.5</v></c><c s='1'><v>1.5</v></c><c s='2'><v>1.5</v></c>"
		"</row></sheetData></worksheet>";
	book = book_of(&parts);
	for (int i = 0; i < FUZZ_LIMITS; i++)
		free(dump(&book, &fuzz_limits[i], false));
	bytes_free(&book);
	xlsx_format_of_code(text);
	free(text);
	return 0;
}
