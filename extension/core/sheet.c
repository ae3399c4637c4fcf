/*
 * sheet.c
 *	  See sheet.h.
 *
 * Scanner and expat take turns (part.h): the scanner reads rows as long as it
 * knows everything in them, expat reads the rest of the part.
 */
#include "private.h"

#include <string.h>

#include "datetime.h"
#include "number.h"

static const char *const data_start = "<sheetData>";
static const char *const row_end = "</row>";

/* Styles are there before the first cell is; strings come as cells ask for them. */
static XlsxStatus
open_shared_parts(XlsxBook *book, XlsxError *error)
{
	XlsxPackage *package = &book->package;
	XlsxStatus	status = XLSX_OK;

	if (book->opened)
		return XLSX_OK;
	if (package->styles != XLSX_NO_PART)
		status = xlsx_styles_load(book->zip, package->styles, &book->limits, &book->memory, &book->styles, error);
	if (status == XLSX_OK && package->strings != XLSX_NO_PART)
		status = xlsx_strings_open(book->zip, package->strings, &book->limits, &book->memory, !book->expat_only,
								   &book->strings, error);
	book->opened = status == XLSX_OK;
	return status;
}

static XlsxStatus
find_part(const XlsxBook *book, size_t index, size_t *part, XlsxError *error)
{
	const XlsxPackageSheet *sheet;

	if (index >= book->package.count)
	{
		xlsx_fail(error, XLSX_NO_SUCH_SHEET, "worksheet %zu does not exist", index + 1);
		return xlsx_fail_detail(error, "The workbook has %zu worksheets.", book->package.count);
	}
	sheet = &book->package.sheets[index];
	*part = sheet->part;
	if (*part != XLSX_NO_PART)
		return XLSX_OK;
	xlsx_fail(error, XLSX_DAMAGED, "worksheet \"%s\" is missing from the file", sheet->info.name);
	if (sheet->external)
		xlsx_fail_detail(error, "It is said to lie outside the file, at \"%s\".", sheet->target);
	else if (sheet->target != NULL)
		xlsx_fail_detail(error, "There is no part \"%s\".", sheet->target);
	else
		xlsx_fail_detail(error, "The workbook does not say which part it is.");
	return xlsx_fail_hint(error, "Save the file again in a spreadsheet program, then upload it.");
}

/* One step of expat, and whether the scanner may go on behind it. */
static XlsxStatus
feed_expat(XlsxSheet *sheet, XlsxError *error)
{
	XlsxPart   *part = sheet->part;
	bool		reached;
	XlsxStatus	status;

	status = xlsx_part_feed(part, sheet->path.in_data ? row_end : data_start, &reached, error);
	sheet->scanning = status == XLSX_OK && reached && !sheet->book->expat_only &&
		sheet->path.in_data && xlsx_xml_depth(part->xml) == 2 && xlsx_xml_is_plain(part->xml);
	return status;
}

static bool
is_at_end(const XlsxSheet *sheet)
{
	return sheet->part->finished && !xlsx_xml_paused(sheet->part->xml);
}

/* Up to <sheetData>: then it is a worksheet, and its <dimension> is known. */
static XlsxStatus
read_head(XlsxSheet *sheet, XlsxError *error)
{
	XlsxStatus	status = XLSX_OK;

	while (status == XLSX_OK && !sheet->path.in_data && sheet->builder.ready_count == 0 && !is_at_end(sheet))
		status = feed_expat(sheet, error);
	return status;
}

XlsxStatus
xlsx_sheet_open(XlsxBook *book, size_t index, XlsxSheet **sheet, XlsxError *error)
{
	XlsxSheet  *self;
	XlsxStatus	status;
	size_t		part = XLSX_NO_PART;

	*sheet = NULL;
	status = find_part(book, index, &part, error);
	if (status == XLSX_OK)
		status = open_shared_parts(book, error);
	if (status != XLSX_OK)
		return status;
	self = xlsx_memory_new(&book->memory, sizeof(XlsxSheet), NULL);
	if (self == NULL)
		return xlsx_fail_memory(error);
	self->book = book;
	self->builder.memory = &book->memory;
	self->builder.limits = &book->limits;
	self->builder.strings = &book->strings;
	self->builder.styles = &book->styles;
	self->builder.date1904 = book->package.date1904;
	self->builder.calendar = book->package.date1904 ? XLSX_DATE_CALENDAR_1904 : XLSX_DATE_CALENDAR;
	self->builder.part = xlsx_zip_name(book->zip, part);
	status = xlsx_part_open(book->zip, part, &book->limits, &book->memory, &xlsx_sheet_handlers, self, &self->part,
							error);
	if (status == XLSX_OK)
		status = read_head(self, error);
	if (status != XLSX_OK)
	{
		xlsx_sheet_close(self);
		return status;
	}
	*sheet = self;
	return XLSX_OK;
}

/* No row is left. Text that came from the shared strings is known to be right only when they end well, too. */
static XlsxStatus
end_rows(XlsxSheet *sheet, XlsxError *error)
{
	XlsxStatus	status = xlsx_strings_reach(&sheet->book->strings, UINT64_MAX, error);

	return status == XLSX_OK ? XLSX_DONE : status;
}

/* Until rows are ready; XLSX_DONE at the end of the part. */
static XlsxStatus
read_rows(XlsxSheet *sheet, XlsxError *error)
{
	XlsxRowBuilder *builder = &sheet->builder;
	XlsxStatus	status = XLSX_OK;

	while (status == XLSX_OK && builder->status == XLSX_OK && builder->ready_count == 0)
	{
		if (sheet->scanning)
			status = xlsx_sheet_scan(sheet, error);
		else if (is_at_end(sheet))
			status = end_rows(sheet, error);
		else
			status = feed_expat(sheet, error);
	}
	if (status == XLSX_OK && builder->status == XLSX_OK)
		xlsx_row_deliver(builder);
	if (status != XLSX_OK || builder->ready_count > 0)
		return status;
	*error = builder->error;
	return builder->status;
}

static void
give_row(XlsxSheet *sheet, const XlsxRow **row)
{
	const XlsxReadyRow *ready = &sheet->builder.ready[sheet->given++];

	sheet->row.number = ready->number;
	sheet->row.count = ready->count;
	sheet->row.cells = sheet->builder.cells + ready->first;
	*row = &sheet->row;
}

/* Where nothing else is said, it is in the sheet, at the row in hand. */
static void
place_failure(const XlsxSheet *sheet, XlsxError *error)
{
	if (error->part[0] == '\0')
		xlsx_fail_at(error, sheet->builder.part, 0, 0);
	if (error->row == 0 && sheet->path.in_data && strncmp(error->part, sheet->builder.part, sizeof(error->part) - 1) == 0)
		error->row = sheet->path.in_row || sheet->row_open ? sheet->builder.number : sheet->builder.previous + 1;
}

XlsxStatus
xlsx_sheet_next(XlsxSheet *sheet, const XlsxRow **row, XlsxError *error)
{
	XlsxStatus	status;

	*row = NULL;
	if (sheet->failed)
		return xlsx_fail(error, XLSX_DAMAGED, "worksheet cannot be read any further");
	error->status = XLSX_OK;
	/* before the first is given they are not delivered */
	if (sheet->given > 0 && sheet->given < sheet->builder.ready_count)
	{
		give_row(sheet, row);
		return XLSX_OK;
	}
	if (sheet->given > 0)
		xlsx_row_clear(&sheet->builder);
	sheet->given = 0;
	status = read_rows(sheet, error);
	if (status == XLSX_OK)
	{
		give_row(sheet, row);
		return XLSX_OK;
	}
	if (status == XLSX_DONE)
		return XLSX_DONE;
	sheet->failed = true;
	place_failure(sheet, error);
	return status;
}

uint32_t
xlsx_sheet_declared_rows(const XlsxSheet *sheet)
{
	return sheet->declared_rows;
}

void
xlsx_sheet_position(const XlsxSheet *sheet, uint64_t *done, uint64_t *total)
{
	xlsx_zip_stream_position(sheet->part->stream, done, total);
}

void
xlsx_sheet_close(XlsxSheet *sheet)
{
	XlsxMemory *memory;

	if (sheet == NULL)
		return;
	memory = &sheet->book->memory;
	xlsx_part_close(sheet->part);
	xlsx_row_free(&sheet->builder);
	xlsx_memory_free(memory, sheet->value);
	xlsx_memory_free(memory, sheet);
}

/* As snprintf does. */
static size_t
copy_text(const char *text, size_t length, char *buffer, size_t size)
{
	size_t		part = length < size ? length : size - 1;

	if (size == 0)
		return length;
	if (part > 0)
		memcpy(buffer, text, part);
	buffer[part] = '\0';
	return length;
}

void
xlsx_cell_moment(const XlsxCell *cell, XlsxDateTime *moment)
{
	switch ((XlsxDateShape) cell->shape)
	{
		case XLSX_DATE_CALENDAR:
			xlsx_serial_to_datetime(cell->number, false, moment);
			return;
		case XLSX_DATE_CALENDAR_1904:
			xlsx_serial_to_datetime(cell->number, true, moment);
			return;
		case XLSX_DATE_EARLY:
			xlsx_early_to_datetime(cell->number, false, moment);
			return;
		case XLSX_DATE_EARLY_1904:
			xlsx_early_to_datetime(cell->number, true, moment);
			return;
		case XLSX_DATE_ELAPSED:
			break;
	}
	memset(moment, 0, sizeof(*moment));
}

/* As xlsx_serial_to_iso. */
static size_t
date_text(const XlsxCell *cell, char *text, size_t size)
{
	XlsxDateTime moment;

	if (cell->shape == XLSX_DATE_ELAPSED)
		return xlsx_serial_to_iso(cell->number, true, false, text, size);
	xlsx_cell_moment(cell, &moment);
	return xlsx_moment_to_iso(&moment, text, size);
}

size_t
xlsx_cell_text(const XlsxCell *cell, char *buffer, size_t size)
{
	char		text[64];
	size_t		length = 0;

	switch ((XlsxKind) cell->kind)
	{
		case XLSX_BLANK:
		case XLSX_NO_VALUE:
			return copy_text("", 0, buffer, size);
		case XLSX_TEXT:
		case XLSX_ERROR:
			return copy_text(cell->text, cell->length, buffer, size);
		case XLSX_BOOL:
			return cell->boolean ? copy_text("true", 4, buffer, size) : copy_text("false", 5, buffer, size);
		case XLSX_DATE:
			length = date_text(cell, text, sizeof(text));
			break;
		case XLSX_NUMBER:
			break;
	}
	if (length == 0)
		length = xlsx_number_format(cell->number, text, sizeof(text));
	return copy_text(text, length, buffer, size);
}

/* A whole number as the file has it: its digits, if it has none but zeros behind a point. */
static bool
is_whole_text(const char **text, size_t *length, bool *negative)
{
	const char *point;

	*negative = *length > 0 && **text == '-';
	if (*length > 0 && (**text == '-' || **text == '+'))
		(*text)++, (*length)--;
	point = memchr(*text, '.', *length);
	if (point != NULL)
	{
		for (const char *p = point + 1; p < *text + *length; p++)
			if (*p != '0')
				return false;
		*length = (size_t) (point - *text);
	}
	for (size_t i = 0; i < *length; i++)
		if ((*text)[i] < '0' || (*text)[i] > '9')
			return false;
	while (*length > 1 && **text == '0')
		(*text)++, (*length)--;
	return *length > 0;
}

size_t
xlsx_cell_seen(const XlsxCell *cell, char *buffer, size_t size)
{
	const char *text = cell->text;
	size_t		length = cell->length;
	bool		negative;

	if (cell->kind != XLSX_NUMBER)
		return xlsx_cell_text(cell, buffer, size);
	/* Smaller numbers are the same by their double, which is quicker. */
	if (length > 15 && text != NULL && is_whole_text(&text, &length, &negative) && length > 15)
	{
		if (negative)
			*buffer++ = '-';
		return negative + copy_text(text, length, buffer, size - negative);
	}
	return xlsx_number_fifteen(cell->number, buffer, size);
}

bool
xlsx_cell_is_name(const XlsxCell *cell)
{
	size_t		length;
	const char *shown = xlsx_cell_shown(cell, &length);

	return cell->kind == XLSX_NUMBER && shown != NULL && memchr(shown, '%', length) == NULL;
}
