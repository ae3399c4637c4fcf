/*
 * workbook.c
 *	  Connects the reader library to the server.
 */
#include "files/workbook.h"

#include "catalog/pg_collation.h"
#include "core/ref.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/text_encoding.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static void *
context_alloc(void *context, size_t size)
{
	return MemoryContextAllocExtended(context, size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
}

static void *
context_realloc(void *context, void *pointer, size_t size)
{
	(void) context;
	return repalloc_huge(pointer, size);
}

static void
context_free(void *context, void *pointer)
{
	(void) context;
	pfree(pointer);
}

XlsxAllocator
workbook_allocator(MemoryContext context)
{
	return (XlsxAllocator) {context_alloc, context_realloc, context_free, context};
}

static void
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* A context reset callback. It runs before the memory is freed. */
static void
book_close(void *book)
{
	xlsx_book_close(*(XlsxBook **) book);
}

XlsxBook *
workbook_try(const XlsxSource *source, MemoryContext context, XlsxError *error)
{
	XlsxAllocator allocator = workbook_allocator(context);
	XlsxSource	interruptible = *source;
	MemoryContextCallback *callback = MemoryContextAllocZero(context, sizeof(*callback));
	XlsxBook  **book = MemoryContextAllocZero(context, sizeof(*book));
	XlsxLimits	limits;

	guc_limits(&limits);
	interruptible.interrupt = check_interrupts;
	callback->func = book_close;
	callback->arg = book;
	MemoryContextRegisterResetCallback(context, callback);
	if (xlsx_book_open(&interruptible, &allocator, &limits, book, error) != XLSX_OK)
		return NULL;
	return *book;
}

XlsxBook *
workbook_open(const XlsxSource *source, MemoryContext context)
{
	XlsxError	error;
	XlsxBook   *book = workbook_try(source, context, &error);

	if (book == NULL)
		workbook_throw(&error);
	return book;
}

int
workbook_sqlstate(const XlsxError *error)
{
	switch (error->status)
	{
		case XLSX_OK:
		case XLSX_DONE:
			break;
		case XLSX_IO:
			return ERRCODE_IO_ERROR;
		case XLSX_NO_MEMORY:
			return ERRCODE_OUT_OF_MEMORY;
		case XLSX_LIMIT:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		case XLSX_NOT_A_WORKBOOK:
		case XLSX_ENCRYPTED:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case XLSX_DAMAGED:
			return ERRCODE_DATA_CORRUPTED;
		case XLSX_NO_SUCH_SHEET:
			return ERRCODE_UNDEFINED_OBJECT;
	}
	return ERRCODE_INTERNAL_ERROR;
}

/* "xl/worksheets/sheet1.xml, cell B7" */
static char *
error_place(const XlsxError *error)
{
	StringInfoData place;
	char		cell[19];

	initStringInfo(&place);
	appendStringInfoString(&place, error->part);
	if (error->row != 0)
	{
		appendStringInfoString(&place, place.len > 0 ? ", " : "");
		if (error->column != 0)
		{
			xlsx_ref_cell(error->row, error->column, cell);
			appendStringInfo(&place, "cell %s", cell);
		}
		else
			appendStringInfo(&place, "row %u", error->row);
	}
	return place.data;
}

/* The setting to raise when a limit was the reason; otherwise NULL. */
static char *
error_hint(const XlsxError *error)
{
	if (error->hint[0] != '\0')
		return pstrdup(error->hint);
	if (error->setting != NULL)
		return psprintf("The limit is set by \"" GUC_PREFIX ".%s\".", error->setting);
	return NULL;
}

/* The texts may quote the workbook, so they may need conversion. */
static char *
readable(const char *text)
{
	return text_for_people(text, strlen(text));
}

void
workbook_throw(const XlsxError *error)
{
	char	   *place = readable(error_place(error));
	char	   *detail = readable(error->detail);
	char	   *hint = error_hint(error);

	ereport(ERROR,
			(errcode(workbook_sqlstate(error)),
			 errmsg("%s", readable(error->message)),
			 detail[0] != '\0' && place[0] != '\0' ? errdetail("%s (%s)", detail, place) :
			 detail[0] != '\0' ? errdetail("%s", detail) :
			 place[0] != '\0' ? errdetail("Place: %s.", place) : 0,
			 hint != NULL ? errhint("%s", hint) : 0));
}

char *
workbook_sheet_name(const XlsxBook *book, size_t index)
{
	return readable(xlsx_book_sheet(book, index)->name);
}

bool
workbook_sheet_matches(const XlsxBook *book, size_t index, const char *pattern)
{
	return DatumGetBool(DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID,
												CStringGetTextDatum(workbook_sheet_name(book, index)), CStringGetTextDatum(pattern)));
}

static size_t
find_by_pattern(const XlsxBook *book, const char *pattern)
{
	for (size_t i = 0; i < xlsx_book_sheet_count(book); i++)
		if (workbook_sheet_matches(book, i, pattern))
			return i;
	return SIZE_MAX;
}

/* The first sheet if all are hidden. */
static size_t
first_visible(const XlsxBook *book)
{
	for (size_t i = 0; i < xlsx_book_sheet_count(book); i++)
		if (xlsx_book_sheet(book, i)->state == XLSX_SHEET_VISIBLE)
			return i;
	return 0;
}

/* Returns the number of sheets when no sheet has the name. */
static size_t
find_sheet(const XlsxBook *book, const char *wanted)
{
	size_t		index = wanted == NULL ? first_visible(book) : xlsx_book_find_sheet(book, text_from_server(wanted));

	if (index < xlsx_book_sheet_count(book) || wanted == NULL)
		return index;
	if (wanted[0] == '#' && strspn(wanted + 1, "0123456789") == strlen(wanted + 1) && strlen(wanted) < 8)
		return (size_t) atoi(wanted + 1) - 1;
	return wanted[0] == '~' ? find_by_pattern(book, wanted + 1) : SIZE_MAX;
}

size_t
workbook_find_sheet(const XlsxBook *book, const char *name)
{
	size_t		index = find_sheet(book, name);
	size_t		count = xlsx_book_sheet_count(book);
	StringInfoData names;

	if (index < count)
		return index;
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("workbook has no worksheet")));
	if (strcmp(name, "?") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sheet \"?\" needs a profile"),
				 errdetail("It is the sheet that fits a profile best."),
				 errhint("Give the name of the sheet.")));
	initStringInfo(&names);
	for (size_t i = 0; i < count && i < 20; i++)
		appendStringInfo(&names, "%s\"%s\"", i > 0 ? ", " : "", workbook_sheet_name(book, i));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("workbook has no sheet \"%s\"", name),
			 errdetail("Its sheets are %s%s.", names.data, count > 20 ? ", and more" : "")));
}

void
workbook_read(const XlsxSource *source, uint64 offset, void *buffer, size_t length)
{
	XlsxError	error;
	size_t		got;

	if (xlsx_source_read(source, offset, buffer, length, &got, &error) != XLSX_OK)
		workbook_throw(&error);
	if (got < length)
		ereport(ERROR,
				(errcode(ERRCODE_IO_ERROR),
				 errmsg("file has become shorter while it was read")));
}
