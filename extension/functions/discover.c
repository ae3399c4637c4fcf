/*
 * discover.c
 *	  Finds out what the columns of a sheet hold, and which types they could have.
 */
#include "pg/pg_xlsx.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "core/datetime.h"
#include "core/number.h"
#include "core/ref.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/sheet_arguments.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pg/decimal.h"
#include "pg/text_trim.h"
#include "profile/header_row.h"
#include "profile/headers.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_discover);

#define MAX_EXAMPLES 5

/*
 * Most bytes of an example, a smallest or a greatest text. A sheet may have a long text in each
 * of its columns.
 */
#define MOST_TEXT_BYTES 120

/* Most bytes of a name. It leaves room for "_16384" at the end. */
#define MAX_BASE_NAME (NAMEDATALEN - 8)

/* A number that is stored as text and has more digits is a key rather than a quantity. */
#define MAX_TEXT_DIGITS 15

/* A set of types that fit all cells of a column so far. The first one that is left is the likely type. */
enum
{
	FITS_INTEGER = 1 << 0,
	FITS_BIGINT = 1 << 1,
	FITS_NUMERIC = 1 << 2,
	FITS_BOOLEAN = 1 << 3,
	FITS_DATE = 1 << 4,
	FITS_TIMESTAMP = 1 << 5,
	FITS_TIME = 1 << 6,
	FITS_INTERVAL = 1 << 7,
	FITS_UUID = 1 << 8,
	FITS_TEXT = 1 << 9,
	FITS_ALL = (1 << 10) - 1,
	FITS_NUMBERS = FITS_INTEGER | FITS_BIGINT | FITS_NUMERIC,
	FITS_DATES = FITS_DATE | FITS_TIMESTAMP | FITS_TIME | FITS_INTERVAL
};

static const char *const type_names[] = {
	"integer", "bigint", "numeric", "boolean", "date", "timestamp", "time", "interval", "uuid", "text"
};

typedef struct FoundColumn
{
	bool		used;			/* it has a header or a value */
	char	   *header;			/* NULL: none */
	int			fits;
	bool		stored_number;	/* a number that is not stored as text */
	int64		filled;
	int64		errors;
	int			longest;		/* characters */
	int			example_count;
	char	   *examples[MAX_EXAMPLES];
	double		least,
				greatest;		/* of numbers, dates and times */
	char	   *first,
			   *last;			/* of all values as text, compared byte by byte */
} FoundColumn;

typedef struct Discovery
{
	MemoryContext context;		/* of the texts that are kept */
	MemoryContext row_context;
	SheetArguments place;
	bool		date1904;
	int64		rows;
	FoundColumn *columns;		/* by sheet column - 1 */
	size_t		count;
} Discovery;

/*
 * One cell
 */

static int
fits_of_number(double number)
{
	if (number != trunc(number))
		return FITS_NUMERIC | FITS_TEXT;
	if (number >= PG_INT32_MIN && number <= PG_INT32_MAX)
		return FITS_NUMBERS | FITS_TEXT;
	return (FLOAT8_FITS_IN_INT64(number) ? FITS_BIGINT : 0) | FITS_NUMERIC | FITS_TEXT;
}

static int
fits_of_moment(XlsxMoment moment)
{
	switch (moment)
	{
		case XLSX_MOMENT_DATE:
			return FITS_DATE | FITS_TIMESTAMP | FITS_TEXT;
		case XLSX_MOMENT_DATETIME:
			return FITS_TIMESTAMP | FITS_TEXT;
		case XLSX_MOMENT_TIME:
			return FITS_TIME | FITS_TEXT;
		case XLSX_MOMENT_NONE:
			break;
	}
	return FITS_TEXT;
}

static bool
is_uuid(const char *text, size_t length)
{
	if (length != 36)
		return false;
	for (size_t i = 0; i < length; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !isxdigit((unsigned char) text[i]))
			return false;
	return true;
}

/* Is it written the way a number is displayed? Zeros in front would be lost. */
static bool
is_plain_number(const char *text, size_t length, double *number)
{
	size_t		start = length > 0 && text[0] == '-' ? 1 : 0;
	DecimalShape shape;

	if (length > MAX_TEXT_DIGITS || strspn(text, "-.0123456789") < length || !decimal_parse(text, length, &shape))
		return false;
	if (length > start + 1 && text[start] == '0' && text[start + 1] != '.')
		return false;
	return xlsx_number_parse(text, length, number);
}

static int
fits_of_text(const char *text, size_t length, bool date1904, double *number)
{
	XlsxDateTime moment;

	if (is_plain_number(text, length, number))
		return fits_of_number(*number);
	if (length >= 5 && xlsx_iso_to_serial(text, length, date1904, number))
	{
		xlsx_serial_to_datetime(*number, date1904, &moment);
		return fits_of_moment(moment.moment);
	}
	if (is_uuid(text, length))
		return FITS_UUID | FITS_TEXT;
	if ((length == 4 && pg_strncasecmp(text, "true", 4) == 0) || (length == 5 && pg_strncasecmp(text, "false", 5) == 0))
		return FITS_BOOLEAN | FITS_TEXT;
	return FITS_TEXT;
}

static int
fits_of_cell(const XlsxCell *cell, const char *text, bool date1904, double *number)
{
	XlsxDateTime moment;

	*number = cell->number;
	switch ((XlsxKind) cell->kind)
	{
		case XLSX_NUMBER:
			return xlsx_cell_is_name(cell) ? FITS_TEXT : fits_of_number(cell->number);
		case XLSX_BOOL:
			return FITS_BOOLEAN | FITS_TEXT;
		case XLSX_DATE:
			if (cell->shape == XLSX_DATE_ELAPSED)
				return FITS_INTERVAL | FITS_TEXT;
			xlsx_cell_moment(cell, &moment);
			return fits_of_moment(moment.moment);
		default:
			return fits_of_text(text, strlen(text), date1904, number);
	}
}

/*
 * Columns
 */

/* The text that a person sees in the cell, trimmed; NULL when there is nothing to see. */
static char *
seen_text(const XlsxCell *cell)
{
	XlsxCell	trimmed = *cell;

	if (cell->kind == XLSX_TEXT)
		text_trim(&trimmed.text, &trimmed.length);
	if (cell->kind == XLSX_NO_VALUE)
		return NULL;
	return cell->kind != XLSX_TEXT || trimmed.length > 0 ? check_original(&trimmed, xlsx_cell_is_name(cell)) : NULL;
}

static FoundColumn *
column_at(Discovery *discovery, uint32 column)
{
	if (column > discovery->count)
	{
		size_t		wanted = Max((size_t) column, discovery->count * 2);
		size_t		bytes = sizeof(FoundColumn) * wanted;

		discovery->columns = discovery->columns == NULL ? MemoryContextAlloc(discovery->context, bytes) :
			repalloc(discovery->columns, bytes);
		memset(discovery->columns + discovery->count, 0, sizeof(FoundColumn) * (wanted - discovery->count));
		for (size_t i = discovery->count; i < wanted; i++)
			discovery->columns[i].fits = FITS_ALL;
		discovery->count = wanted;
	}
	discovery->columns[column - 1].used = true;
	return &discovery->columns[column - 1];
}

/* A copy that is kept, cut when it is too long. */
static char *
kept_text(const Discovery *discovery, const char *text)
{
	size_t		length = strlen(text);

	if (length <= MOST_TEXT_BYTES)
		return MemoryContextStrdup(discovery->context, text);
	length = (size_t) pg_mbcliplen(text, (int) length, MOST_TEXT_BYTES);
	return MemoryContextStrdup(discovery->context, psprintf("%.*s...", (int) length, text));
}

static void
keep_example(Discovery *discovery, FoundColumn *column, const char *text)
{
	char	   *kept;

	if (column->example_count == MAX_EXAMPLES)
		return;
	for (int i = 0; i < column->example_count; i++)
		if (strcmp(column->examples[i], text) == 0)
			return;
	kept = kept_text(discovery, text);
	for (int i = 0; i < column->example_count; i++)
		if (strcmp(column->examples[i], kept) == 0)
			return;				/* two long texts with the same beginning */
	column->examples[column->example_count++] = kept;
}

static void
keep_text(Discovery *discovery, char **kept, const char *text)
{
	if (*kept != NULL)
		pfree(*kept);
	*kept = kept_text(discovery, text);
}

static void
add_value(Discovery *discovery, const XlsxCell *cell, const char *text)
{
	FoundColumn *column = column_at(discovery, cell->column);
	double		number;
	size_t		length;

	if (cell->kind == XLSX_ERROR)
	{
		column->errors++;
		return;
	}
	column->fits &= fits_of_cell(cell, text, discovery->date1904, &number);
	column->stored_number = column->stored_number || cell->kind == XLSX_NUMBER;
	/* Characters are counted only when the number of bytes does not decide. */
	length = strlen(text);
	if (length > (size_t) column->longest)
		column->longest = Max(column->longest, pg_mbstrlen_with_len(text, (int) length));
	column->least = column->filled == 0 ? number : Min(column->least, number);
	column->greatest = column->filled == 0 ? number : Max(column->greatest, number);
	column->filled++;
	keep_example(discovery, column, text);
	if (column->first == NULL || strcmp(text, column->first) < 0)
		keep_text(discovery, &column->first, text);
	if (column->last == NULL || strcmp(text, column->last) > 0)
		keep_text(discovery, &column->last, text);
}

/*
 * Rows
 */

static bool
is_in_range(const Discovery *discovery, const XlsxCell *cell)
{
	return cell->column >= rows_columns(discovery->place.rows)->first_column && cell->column <= rows_columns(discovery->place.rows)->last_column;
}

static void
take_headers(Discovery *discovery, const XlsxRow *row)
{
	for (uint32 i = 0; i < row->count; i++)
	{
		char	   *text = is_in_range(discovery, &row->cells[i]) ? seen_text(&row->cells[i]) : NULL;

		if (text != NULL)
			column_at(discovery, row->cells[i].column)->header = MemoryContextStrdup(discovery->context,
				pnstrdup(text, (Size) pg_mbcliplen(text, (int) strlen(text), HEADERS_MOST_BYTES)));
	}
}

static void
take_values(Discovery *discovery, const XlsxRow *row)
{
	bool		any = false;

	for (uint32 i = 0; i < row->count; i++)
	{
		char	   *text = is_in_range(discovery, &row->cells[i]) ? seen_text(&row->cells[i]) : NULL;

		if (text == NULL)
			continue;
		add_value(discovery, &row->cells[i], text);
		any = true;
	}
	discovery->rows += any;
}

static void
read_rows(Discovery *discovery, int64 sample)
{
	const XlsxRow *row;

	if (discovery->place.header.cells != NULL)
		take_headers(discovery, discovery->place.header.cells);
	while (discovery->rows < sample && (row = rows_next(discovery->place.rows)) != NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(discovery->row_context);

		take_values(discovery, row);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(discovery->row_context);
	}
}

/*
 * The answer
 */

/*
 * Lower case. "_" replaces each character that an identifier would have to be quoted for; letters
 * of other scripts stay.
 */
static char *
identifier_of(const char *header, uint32 position)
{
	char	   *name = str_tolower(header != NULL ? header : "", header != NULL ? strlen(header) : 0, DEFAULT_COLLATION_OID);
	StringInfoData out;
	char		letters[8];

	initStringInfo(&out);
	for (const char *p = name; *p != '\0'; p++)
	{
		if (isalnum((unsigned char) *p) || IS_HIGHBIT_SET(*p))
			appendStringInfoChar(&out, *p);
		else if (out.len > 0 && out.data[out.len - 1] != '_')
			appendStringInfoChar(&out, '_');
	}
	while (out.len > 0 && out.data[out.len - 1] == '_')
		out.data[--out.len] = '\0';
	if (out.len == 0)
	{
		xlsx_ref_column(position, letters);
		appendStringInfo(&out, "column_%s", asc_tolower(letters, strlen(letters)));
	}
	else if (isdigit((unsigned char) out.data[0]))
		return psprintf("_%s", out.data);
	return out.data;
}

/*
 * A name that is taken or will be, and the least number that may still be free behind it. All columns may
 * have the same header, so the search must not begin at 1 each time.
 */
typedef struct TakenName
{
	NameData	name;
	bool		given;			/* to a column */
	int			next;
} TakenName;

static HTAB *
create_taken(void)
{
	HASHCTL		control = {.keysize = sizeof(NameData),.entrysize = sizeof(TakenName),.hcxt = CurrentMemoryContext};

	return hash_create("pg_xlsx column names", 256, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* The entry of a name; *found: it was there. */
static TakenName *
taken_name(HTAB *taken, const char *name, bool *found)
{
	TakenName  *entry = hash_search(taken, name, HASH_ENTER, found);

	if (!*found)
	{
		entry->given = false;
		entry->next = 2;
	}
	return entry;
}

/* Gives base where it is free. Otherwise base with a number behind it, for which base leaves room. */
static char *
take_name(HTAB *taken, const char *base)
{
	char		name[NAMEDATALEN];
	bool		found;
	TakenName  *entry = taken_name(taken, base, &found);

	strlcpy(name, base, sizeof(name));
	if (entry->given)
	{
		TakenName  *of_base = entry;

		do
		{
			snprintf(name, sizeof(name), "%s_%d", base, of_base->next++);
			entry = taken_name(taken, name, &found);
		} while (found);
	}
	entry->given = true;
	return pstrdup(name);
}

static char *
base_name(const FoundColumn *column, uint32 position)
{
	char	   *base = identifier_of(column->header, position);

	base[pg_mbcliplen(base, (int) strlen(base), MAX_BASE_NAME)] = '\0';
	return base;
}

/*
 * Names for all columns, each different from the others. No name with a number is that of another header, and a
 * header comes before a column without one, so that a profile finds each column by its name again.
 */
static char **
name_columns(const Discovery *discovery)
{
	char	  **names = palloc0(sizeof(char *) * (discovery->count + 1));
	char	  **bases = palloc0(sizeof(char *) * (discovery->count + 1));
	HTAB	   *taken = create_taken();
	bool		found;

	for (size_t i = 0; i < discovery->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (discovery->columns[i].used)
			(void) taken_name(taken, bases[i] = base_name(&discovery->columns[i], (uint32) i + 1), &found);
	}
	for (int without = 0; without < 2; without++)
		for (size_t i = 0; i < discovery->count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (bases[i] != NULL && (discovery->columns[i].header == NULL) == (without == 1))
				names[i] = take_name(taken, bases[i]);
		}
	hash_destroy(taken);
	return names;
}

static int
likely_type(const FoundColumn *column)
{
	int			fits = column->fits;
	int			type = 0;

	if (column->filled == 0 || ((fits & FITS_NUMBERS) != 0 && !column->stored_number))
		return lengthof(type_names) - 1;	/* digits that somebody entered as text stay text */
	while ((fits & (1 << type)) == 0)
		type++;
	return type;
}

/*
 * A date from its serial number in a column of dates. There a value below the first day is an
 * early date, not a time of day.
 */
static size_t
date_text(double serial, int fits, bool date1904, char *buffer, size_t size)
{
	XlsxDateTime moment;

	if (serial >= 1 || (fits & (FITS_DATE | FITS_TIMESTAMP)) == 0)
		return xlsx_serial_to_iso(serial, fits == FITS_INTERVAL, date1904, buffer, size);
	xlsx_early_to_datetime(serial, date1904, &moment);
	return xlsx_moment_to_iso(&moment, buffer, size);
}

/* The smallest or greatest value, as text. */
static char *
bound_text(const FoundColumn *column, int type, double number, const char *text, bool date1904)
{
	char		buffer[64];
	size_t		length;

	if (column->filled == 0)
		return NULL;
	if ((1 << type & FITS_NUMBERS) != 0)
		length = xlsx_number_format(number, buffer, sizeof(buffer));
	else if ((1 << type & FITS_DATES) != 0)
		length = date_text(number, 1 << type, date1904, buffer, sizeof(buffer));
	else
		return pstrdup(text);
	return pnstrdup(buffer, length);
}

static Datum
text_or_null(const char *text, bool *null)
{
	*null = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static Datum
examples_array(const FoundColumn *column)
{
	Datum		elements[MAX_EXAMPLES];

	for (int i = 0; i < column->example_count; i++)
		elements[i] = CStringGetTextDatum(column->examples[i]);
	return PointerGetDatum(construct_array(elements, column->example_count, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
put_column(const Discovery *discovery, ReturnSetInfo *result, size_t at, int position, const char *name)
{
	const FoundColumn *column = &discovery->columns[at];
	int			type = likely_type(column);
	char		letters[8];
	Datum		values[13];
	bool		nulls[13] = {false};

	xlsx_ref_column((uint32) at + 1, letters);
	values[0] = Int32GetDatum(position);
	values[1] = CStringGetTextDatum(letters);
	values[2] = text_or_null(column->header, &nulls[2]);
	values[3] = CStringGetTextDatum(name);
	values[4] = CStringGetTextDatum(type_names[type]);
	values[5] = Int64GetDatum(column->filled);
	values[6] = Int64GetDatum(discovery->rows - column->filled - column->errors);
	values[7] = Int64GetDatum(column->errors);
	values[8] = Int32GetDatum(column->longest);
	values[9] = text_or_null(bound_text(column, type, column->least, column->first, discovery->date1904), &nulls[9]);
	values[10] = text_or_null(bound_text(column, type, column->greatest, column->last, discovery->date1904), &nulls[10]);
	values[11] = examples_array(column);
	values[12] = Int32GetDatum((int32) discovery->place.header.row);
	nulls[12] = discovery->place.header.row == 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
pg_xlsx_discover(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Discovery	discovery = {.context = CurrentMemoryContext};
	int			position = 0;
	char	  **names;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	sheet_arguments_get(fcinfo, 5, &discovery.place);
	discovery.date1904 = xlsx_book_date1904(discovery.place.book);
	discovery.row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx row", ALLOCSET_DEFAULT_SIZES);
	read_rows(&discovery, PG_ARGISNULL(4) ? PG_INT64_MAX : PG_GETARG_INT32(4));
	names = name_columns(&discovery);
	for (size_t i = 0; i < discovery.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (discovery.columns[i].used)
			put_column(&discovery, result, i, ++position, names[i]);
	}
	return (Datum) 0;
}
