/*
 * ref.c
 *	  See ref.h.
 */
#include "ref.h"

size_t
xlsx_ref_column(uint32_t column, char buffer[8])
{
	char		reversed[8];
	size_t		length = 0,
				i;

	while (column > 0)
	{
		column--;
		reversed[length++] = (char) ('A' + column % 26);
		column /= 26;
	}
	for (i = 0; i < length; i++)
		buffer[i] = reversed[length - 1 - i];
	buffer[length] = '\0';
	return length;
}

size_t
xlsx_ref_cell(uint32_t row, uint32_t column, char buffer[19])
{
	char		reversed[10];
	size_t		digits = 0,
				length;

	length = xlsx_ref_column(column, buffer);
	do
	{
		reversed[digits++] = (char) ('0' + row % 10);
		row /= 10;
	} while (row > 0);
	while (digits > 0)
		buffer[length++] = reversed[--digits];
	buffer[length] = '\0';
	return length;
}

/* The number that a letter stands for; 0 when it is not a letter. */
static uint32_t
letter_value(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return (uint32_t) (letter - 'A' + 1);
	if (letter >= 'a' && letter <= 'z')
		return (uint32_t) (letter - 'a' + 1);
	return 0;
}

/* Both advance *text. 0 means that there is none, since no valid number is 0. */
static bool
read_column(const char **text, const char *end, uint32_t *column)
{
	const char *p = *text;
	uint64_t	value = 0;

	if (p < end && *p == '$')
		p++;
	while (p < end && letter_value(*p) != 0)
	{
		value = value * 26 + letter_value(*p++);
		if (value > UINT32_MAX)
			return false;
	}
	if (value != 0)
		*text = p;
	*column = (uint32_t) value;
	return true;
}

static bool
read_row(const char **text, const char *end, uint32_t *row)
{
	const char *p = *text;
	const char *digits;
	uint64_t	value = 0;

	if (p < end && *p == '$')
		p++;
	digits = p;
	while (p < end && *p >= '0' && *p <= '9')
	{
		value = value * 10 + (uint64_t) (*p++ - '0');
		if (value > UINT32_MAX)
			return false;
	}
	if (p > digits)
	{
		if (value == 0)
			return false;
		*text = p;
	}
	*row = (uint32_t) value;
	return true;
}

bool
xlsx_ref_parse(const char *text, size_t length, uint32_t *row, uint32_t *column)
{
	const char *end = text + length;

	return read_column(&text, end, column) && read_row(&text, end, row) &&
		text == end && (*row != 0 || *column != 0);
}

static void
order_ends(uint32_t *first, uint32_t *last)
{
	uint32_t	swapped = *first;

	if (*first <= *last)
		return;
	*first = *last;
	*last = swapped;
}

bool
xlsx_range_parse(const char *text, size_t length, XlsxRange *range)
{
	size_t		colon = 0;
	bool		single;

	while (colon < length && text[colon] != ':')
		colon++;
	single = colon == length;
	if (!xlsx_ref_parse(text, colon, &range->first_row, &range->first_column))
		return false;
	if (single)
	{
		range->last_row = range->first_row;
		range->last_column = range->first_column;
	}
	else if (!xlsx_ref_parse(text + colon + 1, length - colon - 1, &range->last_row, &range->last_column))
		return false;

	/* A missing end is open: "A:C" has all rows, "2:10" all columns, "A2:C" all rows from 2 on. */
	if (range->last_row == 0)
		range->last_row = UINT32_MAX;
	if (range->last_column == 0)
		range->last_column = UINT32_MAX;
	if (range->first_row == 0)
		range->first_row = 1;
	if (range->first_column == 0)
		range->first_column = 1;
	order_ends(&range->first_row, &range->last_row);
	order_ends(&range->first_column, &range->last_column);
	return true;
}
