/*
 * core_words.c
 *	  The small readers: numbers against the C library, references, ranges, dates, escapes.
 */
#include "core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datetime.h"
#include "number.h"
#include "ref.h"
#include "text.h"

static void
check_number(const char *text, size_t length)
{
	double		value,
				again;
	char		buffer[64];
	char	   *end;

	if (!xlsx_number_parse(text, length, &value))
		return;
	again = strtod(text, &end);
	if (end != text + length || memcmp(&value, &again, sizeof(value)) != 0)
		abort();
	length = xlsx_number_format(value, buffer, sizeof(buffer));
	if (length != strlen(buffer) || length >= 32 || !xlsx_number_parse(buffer, length, &again) || again != value)
		abort();
}

static void
check_date(const char *text, size_t length)
{
	double		serial,
				again;
	char		buffer[40];
	int			date1904;

	for (date1904 = 0; date1904 < 2; date1904++)
	{
		if (!xlsx_iso_to_serial(text, length, date1904, &serial))
			continue;
		length = xlsx_serial_to_iso(serial, false, date1904, buffer, sizeof(buffer));
		if (length >= 10 && (!xlsx_iso_to_serial(buffer, length, date1904, &again) || fabs(serial - again) > 1e-8))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	uint32_t	row,
				column;
	XlsxRange	range;
	char		buffer[40];
	double		serial;

	check_number(text, size);
	check_date(text, size);
	xlsx_ref_parse(text, size, &row, &column);
	if (xlsx_range_parse(text, size, &range) &&
		(range.first_row > range.last_row || range.first_column > range.last_column || range.first_row == 0))
		abort();
	if (size >= sizeof(serial))
	{
		memcpy(&serial, data, sizeof(serial));
		xlsx_serial_to_iso(serial, size & 1, size & 2, buffer, sizeof(buffer));
	}
	if (xlsx_text_unescape(text, size, text) > size)
		abort();
	free(text);
	return 0;
}
