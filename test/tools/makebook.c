/*
 * makebook.c
 *	  Makes sample workbooks of any size, the same for the same options.
 *
 *	makebook [-r ROWS] [-e PERCENT] [-i] [-s] [-H HEADERS] [-c FILE.csv] FILE.xlsx
 *
 * Columns Name, Gender, Bio-ID; Bio-ID is unique. -r      data rows, 2500 by
 *	default -e   percent of rows that miss one cell, 0 by default -i     inline
 *	instead of shared strings -s     Bio-IDs in random order, not ascending -H
 *	other headers, separated by commas -c   the same rows as CSV beside it, a
 *	missing cell empty and not quoted
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define COLUMNS 3

typedef struct Options
{
	long		rows;
	int			error_percent;
	int			inline_strings;
	int			shuffled;
	char	   *headers;
	const char *csv;
	const char *workbook;
} Options;

static uint64_t state = 20;

/* A number below limit (SplitMix64). */
static unsigned
random_below(unsigned limit)
{
	uint64_t	z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (unsigned) ((z ^ (z >> 31)) >> 33) % limit;
}

static void
make_name(char *name, size_t size)
{
	static const char *const first[] = {"Ada", "Bo", "Chloé", "Dmitri", "Eşref", "Fay", "Gustav", "Hana", "Ivo", "June"};
	static const char *const middle[] = {"mar", "lin", "san", "ter", "vik", "ön", "bel", "dor", "fen", "gal", "hol"};
	static const char *const last[] = {"son", "ova", "ez", "mann", "sky", "sen", "berg", "kin", "ić", "O'Neil", "dóttir"};

	snprintf(name, size, "%s %c%s%s", first[random_below(10)], 'A' + (int) random_below(26),
			 middle[random_below(11)], last[random_below(11)]);
}

static void
write_row(lxw_worksheet *sheet, FILE *csv, long row, char cells[COLUMNS][64])
{
	for (int column = 0; column < COLUMNS; column++)
	{
		if (cells[column][0] != '\0')
			worksheet_write_string(sheet, (lxw_row_t) row, (lxw_col_t) column, cells[column], NULL);
		if (csv != NULL)
			fprintf(csv, "%s%s", cells[column], column < COLUMNS - 1 ? "," : "\n");
	}
}

/* The numbers from 1 to the number of rows, by row from 1. */
static long *
make_numbers(const Options *options)
{
	long	   *numbers = malloc(sizeof(long) * (size_t) (options->rows + 1));

	for (long row = 1; row <= options->rows; row++)
	{
		long		other = options->shuffled ? 1 + (long) random_below((unsigned) row) : row;

		numbers[row] = row;
		numbers[row] = numbers[other];
		numbers[other] = row;
	}
	return numbers;
}

static void
write_rows(const Options *options, lxw_worksheet *sheet, FILE *csv)
{
	static const char *const genders[] = {"Female", "Male", "Other"};
	char		cells[COLUMNS][64] = {{0}};
	long	   *numbers = make_numbers(options);
	char	   *header = strtok(options->headers, ",");

	for (int column = 0; column < COLUMNS && header != NULL; column++, header = strtok(NULL, ","))
		snprintf(cells[column], sizeof(cells[column]), "%s", header);
	write_row(sheet, csv, 0, cells);
	for (long row = 1; row <= options->rows; row++)
	{
		make_name(cells[0], sizeof(cells[0]));
		snprintf(cells[1], sizeof(cells[1]), "%s", genders[random_below(3)]);
		snprintf(cells[2], sizeof(cells[2]), "BIO-%07ld", numbers[row]);
		if ((row * options->error_percent) / 100 != ((row - 1) * options->error_percent) / 100)
			cells[row % COLUMNS][0] = '\0';
		write_row(sheet, csv, row, cells);
	}
	free(numbers);
}

static int
write_book(const Options *options)
{
	lxw_workbook_options book_options = {.constant_memory = (uint8_t) options->inline_strings};
	lxw_workbook *book = workbook_new_opt(options->workbook, &book_options);
	FILE	   *csv = options->csv != NULL ? fopen(options->csv, "w") : NULL;
	lxw_error	error;

	if (options->csv != NULL && csv == NULL)
	{
		perror(options->csv);
		return 1;
	}
	write_rows(options, workbook_add_worksheet(book, "People"), csv);
	if (csv != NULL)
		fclose(csv);
	error = workbook_close(book);
	if (error != LXW_NO_ERROR)
		fprintf(stderr, "makebook: %s: %s\n", options->workbook, lxw_strerror(error));
	return error != LXW_NO_ERROR;
}

int
main(int argc, char **argv)
{
	Options		options = {.rows = 2500,.headers = strdup("Name,Gender,Bio-ID")};
	int			option;

	while ((option = getopt(argc, argv, "r:e:isH:c:")) != -1)
		switch (option)
		{
			case 'r':
				options.rows = atol(optarg);
				break;
			case 'e':
				options.error_percent = atoi(optarg);
				break;
			case 'i':
				options.inline_strings = 1;
				break;
			case 's':
				options.shuffled = 1;
				break;
			case 'H':
				options.headers = strdup(optarg);
				break;
			case 'c':
				options.csv = optarg;
				break;
			default:
				return 2;
		}
	if (optind != argc - 1)
	{
		fprintf(stderr, "usage: makebook [-r rows] [-e percent] [-i] [-s] [-H headers] [-c file.csv] file.xlsx\n");
		return 2;
	}
	options.workbook = argv[optind];
	return write_book(&options);
}
