/*
 * core_strings.c
 *	  A shared strings part, read through the cells of a sheet: the scanner against expat.
 *
 * Input that begins with "<si" stands between <sst> and </sst>.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	Bytes		strings = {0},
				sheet = {0},
				book;
	BookParts	parts = {0};
	int			i;

	if (strncmp(text, "<si", 3) == 0)
		bytes_addf(&strings, "<sst xmlns=\"" MAIN_NS "\">%s</sst>", text);
	else
		bytes_addf(&strings, "%s", text);
	bytes_addf(&sheet, "<worksheet xmlns='" MAIN_NS "'><sheetData>");
	for (i = 0; i < 8; i++)
		bytes_addf(&sheet, "<row><c t='s'><v>%d</v></c></row>", i);
	bytes_addf(&sheet, "</sheetData></worksheet>");
	parts.strings = strings.length > 0 ? strings.data : NULL;
	parts.sheet = sheet.data;
	book = book_of(&parts);
	fuzz_compare(&book);
	bytes_free(&book);
	bytes_free(&strings);
	bytes_free(&sheet);
	free(text);
	return 0;
}
