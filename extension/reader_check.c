/*
 * reader_check.c
 *	  What a reader checks ahead of the import.
 *
 * The columns go over in shared memory as they are compiled: a reader that
 * opened the target itself could wait for a lock behind somebody who waits for
 * the import, which waits for the reader, and nobody would see the circle.
 */
#include "reader.h"

#include "check.h"
#include "headers.h"
#include "utils/memutils.h"

/* A column in the order; its null tokens follow, each with its NUL. */
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
	Profile		profile;		/* only what check_cell_alone and packet_pack look at */
	bool		date1904;
	SourceIndex sources;
	const XlsxCell **cells;		/* of the row at hand, by column */
	CheckedValue *values;
	MemoryContext context;		/* of the row at hand */
};

/*
 * The import's side
 */

static void
add_column(StringInfo bytes, const ProfileColumn *column, uint32 source)
{
	SentColumn	sent = {
		source, column->class, column->type, column->typmod, column->max_characters, column->required, column->trim,
		column->null_tokens.count
	};

	appendBinaryStringInfo(bytes, (char *) &sent, sizeof(sent));
	for (int i = 0; i < sent.null_tokens; i++)
		appendBinaryStringInfo(bytes, column->null_tokens.items[i], (int) strlen(column->null_tokens.items[i]) + 1);
}

bool
reader_check_ask(ReaderOrder *order, const Profile *profile, const uint32 *source)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	for (int i = 0; i < profile->count; i++)
		add_column(&bytes, &profile->columns[i], source[i]);
	if (bytes.len > READER_COLUMNS_BYTES)
		return false;
	memcpy(READER_COLUMNS(order), bytes.data, (size_t) bytes.len);
	pg_write_barrier();
	pg_atomic_write_u32(&order->columns, (uint32) bytes.len);
	pfree(bytes.data);
	return true;
}

/*
 * The process's side
 */

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
	column->null_tokens.count = sent.null_tokens;
	column->null_tokens.items = palloc(sizeof(char *) * (size_t) Max(sent.null_tokens, 1));
	for (int i = 0; i < sent.null_tokens; i++)
	{
		column->null_tokens.items[i] = (char *) cursor;
		cursor += strlen(cursor) + 1;
	}
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
	check->date1904 = date1904;
	check->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx checked row", ALLOCSET_SMALL_SIZES);
	profile = &check->profile;
	profile->columns = palloc(sizeof(ProfileColumn) * (bytes / sizeof(SentColumn)));
	source = palloc(sizeof(uint32) * (bytes / sizeof(SentColumn)));
	for (const char *cursor = READER_COLUMNS(order); cursor < end; profile->count++)
		cursor = take_column(cursor, &profile->columns[profile->count], &source[profile->count]);
	source_index_create(&check->sources, source, profile->count);
	check->cells = palloc(sizeof(XlsxCell *) * (size_t) profile->count);
	check->values = palloc0(sizeof(CheckedValue) * (size_t) profile->count);
	return check;
}

/* Are all cells good, and is there one that is not blank?  Whether a row is blank, the import finds out. */
static bool
is_good(ReaderCheck *check, const XlsxRow *row)
{
	Profile    *profile = &check->profile;
	bool		blank = true;

	source_index_cells(&check->sources, row, check->cells, profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		if (!check_cell_alone(&profile->columns[i], check->cells[i], check->date1904, &check->values[i]))
			return false;
		blank = blank && check->values[i].null;
	}
	return !blank;
}

bool
reader_check_row(ReaderCheck *check, const XlsxRow *row, StringInfo buffer)
{
	MemoryContext caller = MemoryContextSwitchTo(check->context);
	bool		good = is_good(check, row);

	MemoryContextSwitchTo(caller);
	if (good)
		packet_pack(buffer, &check->profile, row->number, check->values);
	MemoryContextReset(check->context);
	return good;
}
