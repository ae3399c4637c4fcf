/*
 * core_sheet.c
 *	  A sheet part: the scanner against expat.
 *
 * Input that begins with "<row" is put between <sheetData> and </sheetData>,
 * so that the fuzzer starts where the two could differ.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	BookParts	parts = {.sheet = text};
	Bytes		book;

	if (strncmp(text, "<row", 4) == 0)
		book = book_of_rows(text);
	else
		book = book_of(&parts);
	fuzz_compare(&book);
	bytes_free(&book);
	free(text);
	return 0;
}
