/*
 * core_package.c
 *	  The parts that define a package; a line "----" stands between them.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#define BORDER "\n----\n"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	char	   *workbook = strstr(text, BORDER),
			   *rels = NULL;
	BookParts	parts = {.rels = text};
	Bytes		book;

	if (workbook != NULL)
	{
		*workbook = '\0';
		workbook += strlen(BORDER);
		if ((rels = strstr(workbook, BORDER)) != NULL)
		{
			*rels = '\0';
			rels += strlen(BORDER);
		}
	}
	if (*text == '\0')
		parts.rels = NULL;
	parts.workbook = workbook;
	parts.workbook_rels = rels;
	book = book_of(&parts);
	fuzz_compare(&book);
	bytes_free(&book);
	free(text);
	return 0;
}
