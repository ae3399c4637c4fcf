/*
 * sheet_scan.c
 *	  The fast path: reads rows straight from the window of the part.
 *
 * It knows rows as all common programs write them, and leaves every other row to expat (part.h).
 * A row is read as a whole before it is returned. Until then its bytes stay in the window, so
 * that expat can still read it from its beginning. What is accepted here must mean the same to
 * expat and sheet_xml.c; test/core/unit/scan_agrees.c and the fuzzer check that.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "private.h"

#include <string.h>

#include "scan.h"

#define ROW_END			"</row>"

/* The window grows up to this size. Longer rows are for expat. Tests make it small. */
#ifndef XLSX_LONGEST_ROW
#define XLSX_LONGEST_ROW	(4 * 1024 * 1024)
#endif

static inline bool
is_digit(char c)
{
	return (unsigned char) (c - '0') <= 9;
}

/* ---------- the tag of a cell ---------- */

/* A1 up to the closing quote; NULL for all but capital letters and a plain row number. */
static inline const char *
scan_ref(const char *p, uint32_t *column)
{
	unsigned	letter = (unsigned) *p - 'A';
	const char *digits;

	*column = 0;
	if (letter > 25)
		return NULL;
	do
	{
		*column = *column * 26 + letter + 1;
		letter = (unsigned) *++p - 'A';
	} while (letter <= 25);
	if (*p < '1' || *p > '9')
		return NULL;
	for (digits = p; is_digit(*p); p++)
		;
	/* with 7 letters at most, which do not overflow, the column limit decides */
	return p - digits <= 9 && *p == '"' ? p : NULL;
}

static inline const char *
scan_style(const char *p, uint32_t *style)
{
	const char *digits = p;

	*style = 0;
	while (is_digit(*p))
		*style = *style * 10 + (uint32_t) (*p++ - '0');
	return p - digits <= 9 && p > digits && *p == '"' ? p : NULL;
}

static inline const char *
scan_type(const char *p, XlsxCellType *type)
{
	if (p[1] == '"')
	{
		switch (*p)
		{
			case 's':
				*type = XLSX_TYPE_SHARED;
				return p + 1;
			case 'n':
				*type = XLSX_TYPE_NUMBER;
				return p + 1;
			case 'b':
				*type = XLSX_TYPE_BOOL;
				return p + 1;
			case 'e':
				*type = XLSX_TYPE_ERROR;
				return p + 1;
			case 'd':
				*type = XLSX_TYPE_DATE;
				return p + 1;
		}
		return NULL;
	}
	if (XLSX_SCAN_IS(p, "str\""))
	{
		*type = XLSX_TYPE_TEXT;
		return p + 3;
	}
	*type = XLSX_TYPE_INLINE;
	return XLSX_SCAN_IS(p, "inlineStr\"") ? p + 9 : NULL;
}

/* <c r="A1" s="2" t="s"> in this order, the last two optional; NULL when it looks different. */
static inline const char *
scan_usual_tag(XlsxRowBuilder *row, const char *p, bool *empty)
{
	uint32_t	column;

	if (!XLSX_SCAN_IS(p, "<c r=\"") || (p = scan_ref(p + 6, &column)) == NULL)
		return NULL;
	row->style = 0;
	row->rich = false;
	row->type = XLSX_TYPE_NUMBER;
	if (XLSX_SCAN_IS(p, "\" s=\"") && (p = scan_style(p + 5, &row->style)) == NULL)
		return NULL;
	if (XLSX_SCAN_IS(p, "\" t=\"") && (p = scan_type(p + 5, &row->type)) == NULL)
		return NULL;
	*empty = p[1] == '/' && p[2] == '>';
	if (!*empty && p[1] != '>')
		return NULL;
	row->column = column;
	return p + 2 + *empty;
}

static const char *
scan_any_tag(XlsxSheet *sheet, const char *p, bool *empty)
{
	XlsxScanTag tag;
	const XlsxScanWord *ref,
			   *style,
			   *type;

	p = xlsx_scan_tag(p + 2, sheet->part->xml, &tag);
	if (p == NULL)
		return NULL;
	ref = xlsx_scan_attribute(&tag, "r");
	style = xlsx_scan_attribute(&tag, "s");
	type = xlsx_scan_attribute(&tag, "t");
	*empty = tag.empty;
	if (!xlsx_row_cell(&sheet->builder, ref != NULL ? ref->text : NULL, ref != NULL ? ref->length : 0,
					   style != NULL ? style->text : NULL, style != NULL ? style->length : 0,
					   type != NULL ? type->text : NULL, type != NULL ? type->length : 0, xlsx_scan_attribute(&tag, "vm") != NULL))
		return NULL;
	return p;
}

/* ---------- the content of a cell ---------- */

/* Text of the simple element <name>, to behind its end tag. Name has one letter. */
static const char *
scan_element(XlsxSheet *sheet, const char *p, char name, XlsxScanWord *text, unsigned *flags)
{
	XlsxScanTag tag;

	if (p[0] != '<' || p[1] != name)
		return NULL;
	if (p[2] == '>')
		p += 3;
	else if ((p = xlsx_scan_tag(p + 2, sheet->part->xml, &tag)) == NULL)
		return NULL;
	else if (tag.empty)
	{
		text->text = p;
		text->length = 0;
		return p;
	}
	text->text = p;
	p = xlsx_scan_text(p, flags);
	if (p == NULL || p[1] != '/' || p[2] != name || p[3] != '>')
		return NULL;
	text->length = (size_t) (p - text->text);
	return p + 4;
}

/* <is> with one <t>, or with none */
static const char *
scan_inline(XlsxSheet *sheet, const char *p, XlsxScanWord *text, unsigned *flags)
{
	if (!XLSX_SCAN_IS(p, "<is>"))
		return NULL;
	p = xlsx_scan_space(p + 4);
	text->text = p;
	text->length = 0;
	if (!XLSX_SCAN_IS(p, "</is>") && (p = scan_element(sheet, p, 't', text, flags)) == NULL)
		return NULL;
	p = xlsx_scan_space(p);
	return XLSX_SCAN_IS(p, "</is>") ? p + 5 : NULL;
}

/* Hands the value to the builder; text without references stays where it is. */
static bool
put_value(XlsxRowBuilder *row, const XlsxScanWord *value, unsigned flags)
{
	const char *text = value->text;
	size_t		length = value->length;

	if (flags & XLSX_SCAN_CODED)
	{
		char	   *copy = xlsx_row_text(row, length);

		if (copy == NULL)
			return false;
		length = xlsx_scan_decode(text, text + length, copy);
		text = copy;
	}
	return xlsx_row_value(row, text, length, (flags & XLSX_SCAN_ESCAPE) != 0);
}

/* Formula, then value or inline string, in any of their forms, to behind </c>. */
static const char *
scan_content(XlsxSheet *sheet, const char *p)
{
	XlsxRowBuilder *row = &sheet->builder;
	XlsxScanWord value = {NULL, 0},
				formula;
	unsigned	flags = 0,
				ignored = 0;
	bool		is_formula;

	p = xlsx_scan_space(p);
	is_formula = p[0] == '<' && p[1] == 'f';
	if (is_formula)
	{
		if ((p = scan_element(sheet, p, 'f', &formula, &ignored)) == NULL)
			return NULL;
		p = xlsx_scan_space(p);
	}
	if (p[0] == '<' && p[1] == 'v')
		p = scan_element(sheet, p, 'v', &value, &flags);
	else if (p[0] == '<' && p[1] == 'i' && row->type == XLSX_TYPE_INLINE)
		p = scan_inline(sheet, p, &value, &flags);
	if (p == NULL)
		return NULL;
	p = xlsx_scan_space(p);
	if (!XLSX_SCAN_IS(p, "</c>") || value.length > (size_t) row->limits->max_string_length * 7)
		return NULL;
	if (is_formula && xlsx_row_lacks_value(row, value.text, value.length))
		return xlsx_row_no_value(row) ? p + 4 : NULL;
	if (value.text != NULL && !put_value(row, &value, flags))
		return NULL;
	return p + 4;
}

/* <v>123</v></c>: a shared string or a whole number. *done is false when it is anything else. */
static inline const char *
scan_whole_number(XlsxRowBuilder *row, const char *p, bool *done)
{
	const char *digits = p + 3;
	uint64_t	number = 0;

	*done = false;
	if (!XLSX_SCAN_IS(p, "<v>"))
		return NULL;
	for (p = digits; is_digit(*p); p++)
		number = number * 10 + (uint64_t) (*p - '0');
	if (p == digits || p - digits > 15 || !XLSX_SCAN_IS(p, "</v></c>"))
		return NULL;
	*done = true;
	if (row->type == XLSX_TYPE_SHARED ? !xlsx_row_shared(row, number) :
		!xlsx_row_number(row, (double) number, digits, (size_t) (p - digits)))
		return NULL;
	return p + 8;
}

/* One <c>, to behind its end; NULL leaves the row to expat, or the builder has failed. */
static inline const char *
scan_cell(XlsxSheet *sheet, const char *p)
{
	XlsxRowBuilder *row = &sheet->builder;
	bool		empty,
				done;
	const char *content,
			   *end;

	content = scan_usual_tag(row, p, &empty);
	if (content == NULL)
		content = scan_any_tag(sheet, p, &empty);
	else if (row->column > row->limits->max_columns && !xlsx_row_check_column(row))
		return NULL;
	if (content == NULL || empty)
		return content;
	if (row->type <= XLSX_TYPE_SHARED)
	{
		end = scan_whole_number(row, content, &done);
		if (done)
			return end;
	}
	return scan_content(sheet, content);
}

/* ---------- rows ---------- */

/* What follows r="7" in the tag of a row. Mostly what followed it in the row before. */
static const char *
scan_row_tail(XlsxSheet *sheet, const char *p, bool *empty)
{
	XlsxScanTag tag;
	const char *start = p;

	*empty = false;
	if (*p == '>')
		return p + 1;
	if (sheet->row_tail_length > 0 && memcmp(p, sheet->row_tail, sheet->row_tail_length) == 0)
		return p + sheet->row_tail_length;
	p = xlsx_scan_tag(p, sheet->part->xml, &tag);
	if (p == NULL || xlsx_scan_attribute(&tag, "r") != NULL)
		return NULL;
	*empty = tag.empty;
	if (!tag.empty && (size_t) (p - start) <= XLSX_PART_PADDING)
	{
		sheet->row_tail_length = (size_t) (p - start);
		memcpy(sheet->row_tail, start, sheet->row_tail_length);
	}
	return p;
}

/* The tag of a row, to behind its ">". */
static const char *
scan_row_tag(XlsxSheet *sheet, const char *p, bool *empty)
{
	XlsxRowBuilder *row = &sheet->builder;
	XlsxScanTag tag;
	const XlsxScanWord *number;

	if (!XLSX_SCAN_IS(p, "<row"))
		return NULL;
	if (XLSX_SCAN_IS(p, "<row r=\""))
	{
		const char *digits = p + 8;
		const char *end = digits;
		uint32_t	value = 0;

		while (is_digit(*end))
			value = value * 10 + (uint32_t) (*end++ - '0');
		if (value == 0 || end - digits > 9 || *end != '"' || (p = scan_row_tail(sheet, end + 1, empty)) == NULL)
			return NULL;
		return xlsx_row_begin_at(row, value) ? p : NULL;
	}
	p = xlsx_scan_tag(p + 4, sheet->part->xml, &tag);
	if (p == NULL)
		return NULL;
	number = xlsx_scan_attribute(&tag, "r");
	*empty = tag.empty;
	if (!xlsx_row_begin(row, number != NULL ? number->text : NULL, number != NULL ? number->length : 0))
		return NULL;
	return p;
}

/* The row is complete: expat will not see it. */
static void
close_row(XlsxSheet *sheet, const char *p)
{
	xlsx_row_end(&sheet->builder);
	sheet->row_open = false;
	sheet->part->next = sheet->scan_at = (size_t) (p - sheet->part->window);
}

/* Stops where something is unknown, cut off or wrong. */
static void
scan_row(XlsxSheet *sheet)
{
	const char *window = sheet->part->window;
	const char *p = window + sheet->scan_at;
	bool		empty = false;

	if (!sheet->row_open)
	{
		const char *cells;

		p = xlsx_scan_space(p);
		sheet->part->next = sheet->scan_at = (size_t) (p - window);
		if ((cells = scan_row_tag(sheet, p, &empty)) == NULL)
			return;
		p = cells;
		sheet->row_open = true;
		if (empty)
		{
			close_row(sheet, p);
			return;
		}
	}
	for (;;)
	{
		uint32_t	column = sheet->builder.column;
		const char *next;

		p = xlsx_scan_space(p);
		sheet->scan_at = (size_t) (p - window);
		if (p[0] == '<' && p[1] == 'c' && (next = scan_cell(sheet, p)) != NULL)
		{
			p = next;
			continue;
		}
		sheet->builder.column = column;
		if (XLSX_SCAN_IS(p, ROW_END))
			close_row(sheet, p + strlen(ROW_END));
		return;
	}
}

/* ---------- the window ---------- */

/* Cells whose text lies in the window must follow it. */
static XlsxStatus
fill_window(XlsxSheet *sheet, XlsxError *error)
{
	XlsxPart   *part = sheet->part;
	uintptr_t	old = (uintptr_t) part->window;
	size_t		old_have = part->have,
				moved = part->next;
	XlsxStatus	status;
	uint32_t	i;

	status = xlsx_part_fill(part, XLSX_LONGEST_ROW, error);
	sheet->scan_at -= moved - part->next;
	for (i = 0; i < sheet->builder.count; i++)
	{
		XlsxCell   *cell = &sheet->builder.cells[i];
		uintptr_t	text = (uintptr_t) cell->text;

		if (text >= old && text < old + old_have)
			cell->text = part->window + (text - old - moved + part->next);
	}
	return status;
}

/* Is what stopped the scanner only the end of the window? */
static bool
is_cut_off(const XlsxSheet *sheet)
{
	const XlsxPart *part = sheet->part;

	return !part->at_end &&
		memmem(part->window + sheet->scan_at, part->have - sheet->scan_at, ROW_END, strlen(ROW_END)) == NULL;
}

static void
leave_to_expat(XlsxSheet *sheet)
{
	sheet->scanning = false;
	sheet->row_open = false;
	xlsx_row_clear(&sheet->builder);
}

XlsxStatus
xlsx_sheet_scan(XlsxSheet *sheet, XlsxError *error)
{
	XlsxStatus	status;

	sheet->scan_at = sheet->row_open ? sheet->scan_at : sheet->part->next;
	for (;;)
	{
		size_t		before = sheet->part->next;

		scan_row(sheet);
		if (!sheet->row_open && sheet->part->next > before)
		{
			if (xlsx_row_enough(&sheet->builder))
				return XLSX_OK;
			continue;			/* a row, maybe without cells, or white space */
		}
		if (sheet->builder.ready_count > 0)
		{
			/* First hand out what is complete; this row is then read once more. */
			sheet->row_open = false;
			xlsx_row_drop(&sheet->builder);
			return XLSX_OK;
		}
		if (sheet->builder.status != XLSX_OK)
		{
			*error = sheet->builder.error;
			return sheet->builder.status;
		}
		if (!is_cut_off(sheet))
		{
			leave_to_expat(sheet);
			return XLSX_OK;
		}
		status = fill_window(sheet, error);
		if (status == XLSX_LIMIT && error->status != XLSX_LIMIT)
		{
			leave_to_expat(sheet);
			return XLSX_OK;
		}
		if (status != XLSX_OK)
			return status;
	}
}
