/*
 * makewide.c
 *	  Makes a wide or a sparse workbook and the same rows as CSV, the same for
 *	  the same options.
 *
 *	makewide [-r ROWS] [-f PERCENT] [-i] [-p] [-g] FILE.csv FILE.xlsx
 *
 * 40 columns: 9 integers, 8 decimals, 6 dates, 4 booleans, 13 short texts, in
 * the order of kinds[]; the first is never blank.
 *	-r	data rows, 100,000 by default
 *	-f	percent of the other cells that are filled, 95 by default
 *	-i	inline instead of shared strings
 *	-p	payments: 5 columns only, an integer, 2 dates and 2 decimals
 *	-g	dates and decimals as German texts: 31.12.2024, 1.234,50
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define COLUMNS 40
#define PAYMENT_COLUMNS 5

/* i integer, d decimal, t date, b boolean, s text; bench.py has the same */
static const char kinds[COLUMNS + 1] = "isdtbsidsitsdbsiidstidstbsidstidsbsitsds";
static const char payments[PAYMENT_COLUMNS + 1] = "ittdd";

static uint64_t state = 40;

/* A number below limit (SplitMix64). */
static unsigned
random_below(unsigned limit)
{
	uint64_t	z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (unsigned) ((z ^ (z >> 31)) >> 33) % limit;
}

typedef struct Output
{
	lxw_worksheet *sheet;
	lxw_format *date;
	FILE	   *csv;
	const char *kinds;			/* of the columns */
	bool		german;
} Output;

static void
write_date(const Output *out, lxw_row_t row, lxw_col_t column)
{
	char		text[32];
	lxw_datetime date = {
		.year = 1950 + (int) random_below(75),.month = 1 + (int) random_below(12),.day = 1 + (int) random_below(28)
	};

	if (out->german)
	{
		snprintf(text, sizeof(text), "%02d.%02d.%04d", date.day, date.month, date.year);
		worksheet_write_string(out->sheet, row, column, text, NULL);
	}
	else
		worksheet_write_datetime(out->sheet, row, column, &date, out->date);
	fprintf(out->csv, "%04d-%02d-%02d", date.year, date.month, date.day);
}

/* number hundredths */
static void
write_decimal(const Output *out, lxw_row_t row, lxw_col_t column, long number)
{
	char		text[32];
	long		whole = number / 100;

	if (!out->german)
		worksheet_write_number(out->sheet, row, column, (double) number / 100.0, NULL);
	else
	{
		if (whole >= 1000)
			snprintf(text, sizeof(text), "%ld.%03ld,%02ld", whole / 1000, whole % 1000, number % 100);
		else
			snprintf(text, sizeof(text), "%ld,%02ld", whole, number % 100);
		worksheet_write_string(out->sheet, row, column, text, NULL);
	}
	fprintf(out->csv, "%ld.%02ld", whole, number % 100);
}

static void
write_text(const Output *out, lxw_row_t row, lxw_col_t column)
{
	static const char *const words[] = {"Ankara", "Berlin", "Çorum", "Delft", "Évora", "Florence", "Gdańsk", "Hull"};
	char		text[32];

	snprintf(text, sizeof(text), "%s-%u", words[random_below(8)], random_below(500));
	worksheet_write_string(out->sheet, row, column, text, NULL);
	fputs(text, out->csv);
}

static void
write_cell(const Output *out, lxw_row_t row, lxw_col_t column)
{
	long		number;

	switch (out->kinds[column])
	{
		case 'i':
			number = column == 0 ? (long) row : (long) random_below(2000000) - 1000000;
			worksheet_write_number(out->sheet, row, column, (double) number, NULL);
			fprintf(out->csv, "%ld", number);
			break;
		case 'd':
			write_decimal(out, row, column, (long) random_below(100000000));
			break;
		case 't':
			write_date(out, row, column);
			break;
		case 'b':
			number = (long) random_below(2);
			worksheet_write_boolean(out->sheet, row, column, (int) number, NULL);
			fputs(number ? "true" : "false", out->csv);
			break;
		default:
			write_text(out, row, column);
	}
}

static void
write_rows(const Output *out, long rows, unsigned filled)
{
	char		header[16];
	int			columns = (int) strlen(out->kinds);

	for (int column = 0; column < columns; column++)
	{
		snprintf(header, sizeof(header), "c%02d_%c", column + 1, out->kinds[column]);
		worksheet_write_string(out->sheet, 0, (lxw_col_t) column, header, NULL);
		fprintf(out->csv, "%s%s", column > 0 ? "," : "", header);
	}
	for (long row = 1; row <= rows; row++)
		for (int column = 0; column < columns; column++)
		{
			fputs(column > 0 ? "," : "\n", out->csv);
			if (column == 0 || random_below(100) < filled)
				write_cell(out, (lxw_row_t) row, (lxw_col_t) column);
		}
	fputc('\n', out->csv);
}

int
main(int argc, char **argv)
{
	lxw_workbook_options options = {0};
	lxw_workbook *book;
	Output		out = {.kinds = kinds};
	long		rows = 100000;
	unsigned	filled = 95;
	int			option;

	while ((option = getopt(argc, argv, "r:f:ipg")) != -1)
		switch (option)
		{
			case 'r':
				rows = atol(optarg);
				break;
			case 'f':
				filled = (unsigned) atoi(optarg);
				break;
			case 'i':
				options.constant_memory = 1;
				break;
			case 'p':
				out.kinds = payments;
				break;
			case 'g':
				out.german = true;
				break;
			default:
				return 2;
		}
	if (optind != argc - 2 || (out.csv = fopen(argv[optind], "w")) == NULL)
	{
		fputs("usage: makewide [-r rows] [-f percent] [-i] [-p] [-g] file.csv file.xlsx\n", stderr);
		return 2;
	}
	book = workbook_new_opt(argv[optind + 1], &options);
	out.date = workbook_add_format(book);
	format_set_num_format(out.date, "yyyy-mm-dd");
	out.sheet = workbook_add_worksheet(book, "Wide");
	write_rows(&out, rows, filled);
	fclose(out.csv);
	return workbook_close(book) != LXW_NO_ERROR;
}
