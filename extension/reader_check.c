/*
 * reader_check.c
 *	  What a reader checks ahead of the import.
 *
 * The columns go over in shared memory as they are compiled: a reader that
 * opened the target itself could wait for a lock behind somebody who waits for
 * the import, which waits for the reader, and nobody would see the circle.
 */
#include "reader.h"

#include "utils/memutils.h"

/* A column in the order; header, label and its null tokens follow, each with its NUL. */
typedef struct SentColumn
{
	uint32		source;
	ColumnClass class;
	Oid			type;
	int32		typmod;
	int			max_characters;
	bool		required;
	bool		trim;
	int			null_tokens;
} SentColumn;

struct ReaderCheck
{
	Profile		profile;		/* only what a check looks at */
	RowCheck	row;
	ErrorForm	form;
	MemoryContext context;		/* of the row at hand */
};

/*
 * The import's side
 */

static void
add_text(StringInfo bytes, const char *text)
{
	appendBinaryStringInfo(bytes, text, (int) strlen(text) + 1);
}

static void
add_column(StringInfo bytes, const ProfileColumn *column, uint32 source)
{
	SentColumn	sent = {
		source, column->class, column->type, column->typmod, column->max_characters, column->required, column->trim,
		column->null_tokens.count
	};

	appendBinaryStringInfo(bytes, (char *) &sent, sizeof(sent));
	add_text(bytes, column->header);
	add_text(bytes, column->label);
	for (int i = 0; i < sent.null_tokens; i++)
		add_text(bytes, column->null_tokens.items[i]);
}

void
reader_check_ask(ReaderOrder *order, const Profile *profile, const uint32 *source)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	for (int i = 0; i < profile->count; i++)
		add_column(&bytes, &profile->columns[i], source[i]);
	if (bytes.len <= READER_COLUMNS_BYTES)
	{
		memcpy(READER_COLUMNS(order), bytes.data, (size_t) bytes.len);
		pg_write_barrier();
		pg_atomic_write_u32(&order->columns, (uint32) bytes.len);
	}
	pfree(bytes.data);
}

/*
 * The process's side
 */

static char *
take_text(const char **cursor)
{
	char	   *text = (char *) *cursor;

	*cursor += strlen(text) + 1;
	return text;
}

/* The column that begins at cursor; returns where the next one begins. */
static const char *
take_column(const char *cursor, ProfileColumn *column, uint32 *source)
{
	SentColumn	sent;

	memcpy(&sent, cursor, sizeof(sent));
	cursor += sizeof(sent);
	*source = sent.source;
	*column = (ProfileColumn) {
		.class = sent.class,.type = sent.type,.typmod = sent.typmod,.max_characters = sent.max_characters,
		.required = sent.required,.trim = sent.trim
	};
	column->header = take_text(&cursor);
	column->label = take_text(&cursor);
	column->null_tokens.count = sent.null_tokens;
	column->null_tokens.items = palloc(sizeof(char *) * (size_t) Max(sent.null_tokens, 1));
	for (int i = 0; i < sent.null_tokens; i++)
		column->null_tokens.items[i] = take_text(&cursor);
	return cursor;
}

ReaderCheck *
reader_check_create(ReaderOrder *order, bool date1904)
{
	uint32		bytes = pg_atomic_read_u32(&order->columns);
	const char *end = READER_COLUMNS(order) + bytes;
	ReaderCheck *check;
	Profile    *profile;
	uint32	   *source;

	if (bytes == 0)
		return NULL;
	pg_read_barrier();
	check = palloc0(sizeof(ReaderCheck));
	check->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx checked row", ALLOCSET_SMALL_SIZES);
	profile = &check->profile;
	profile->columns = palloc(sizeof(ProfileColumn) * (bytes / sizeof(SentColumn)));
	source = palloc(sizeof(uint32) * (bytes / sizeof(SentColumn)));
	for (const char *cursor = READER_COLUMNS(order); cursor < end; profile->count++)
		cursor = take_column(cursor, &profile->columns[profile->count], &source[profile->count]);
	row_check_init(&check->row, profile, source, date1904);
	error_form_init(&check->form);
	return check;
}

/* As CheckedRow has it: two values of the server, one after the other. */
static void
append_error(ReaderCheck *check, uint32 number, StringInfo buffer)
{
	const ArrayType *cells;
	const Jsonb *violations;

	error_form_begin(&check->form);
	row_check_report(&check->row, number, &check->form);
	cells = text_array_end(&check->form.values);
	violations = violation_json_end(&check->form.violations);
	appendBinaryStringInfo(buffer, (const char *) cells, (int) VARSIZE(cells));
	appendBinaryStringInfo(buffer, (const char *) violations, (int) VARSIZE(violations));
}

RowVerdict
reader_check_row(ReaderCheck *check, const XlsxRow *row, StringInfo buffer)
{
	MemoryContext caller = MemoryContextSwitchTo(check->context);
	RowVerdict	verdict = row_check_alone(&check->row, row);

	if (verdict == ROW_GOOD)
		packet_pack(buffer, &check->profile, row->number, check->row.values);
	else if (verdict == ROW_BAD)
		append_error(check, row->number, buffer);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(check->context);
	return verdict;
}
