/*
 * core_book.c
 *	  Opens a whole file, and reads its sheets by scanner and by expat.
 */
#include "core.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes		book = {.data = (char *) data,.length = size};
	XlsxError	error;

	xlsx_sniff(data, size < 4096 ? size : 4096, &error);
	fuzz_compare(&book);
	return 0;
}
