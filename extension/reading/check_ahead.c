/*
 * check_ahead.c
 *	  What a reader checks ahead of the import.
 *
 * Columns and rules go over in shared memory as they are compiled: a reader that
 * opened the target itself could wait for a lock behind somebody who waits for
 * the import, which waits for the reader, and nobody would see the circle.
 */
#include "reading/reader.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

/* What the order begins with; the columns follow, then the rules. */
typedef struct SentProfile
{
	bool		plain;
	int			columns;
	int			rules;
} SentProfile;

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

/* A rule in the order; the bytes of its bound follow where it is no value by itself, then its texts, each with its NUL. */
typedef struct SentRule
{
	RuleKind	kind;
	int			column;
	int			length;
	int			texts;
	Oid			compare;		/* a built-in function, or InvalidOid */
	Oid			collation;
	Datum		bound;
	int			bound_bytes;	/* 0: the bound is a value by itself */
} SentRule;

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

static void
add_rule(StringInfo bytes, const CellRule *rule, const ProfileColumn *column)
{
	bool		has_bound = rule->kind == RULE_MIN || rule->kind == RULE_MAX;
	SentRule	sent = {
		rule->kind, rule->column, rule->length, rule->texts.count, rule->compare.fn_oid, rule->collation, rule->bound,
		has_bound && column->class == COLUMN_NUMERIC ? (int) VARSIZE(DatumGetPointer(rule->bound)) : 0
	};

	appendBinaryStringInfo(bytes, (char *) &sent, sizeof(sent));
	if (sent.bound_bytes > 0)
		appendBinaryStringInfo(bytes, DatumGetPointer(rule->bound), sent.bound_bytes);
	for (int i = 0; i < sent.texts; i++)
		add_text(bytes, rule->texts.items[i]);
}

bool
reader_check_ask(ReaderOrder *order, const RowCheck *check, const ReaderScope *scope)
{
	const Profile *profile = check->profile;
	SentProfile sent = {profile->plain, profile->count, check->rules.count};
	StringInfoData bytes;
	bool		fits;

	initStringInfo(&bytes);
	appendBinaryStringInfo(&bytes, (char *) &sent, sizeof(sent));
	for (int i = 0; i < sent.columns; i++)
		add_column(&bytes, &profile->columns[i], check->source[i]);
	for (int i = 0; i < sent.rules; i++)
		add_rule(&bytes, &check->rules.items[i], &profile->columns[check->rules.items[i].column]);
	fits = bytes.len <= READER_PROFILE_BYTES;
	if (fits)
	{
		order->scope = *scope;
		memcpy(READER_PROFILE(order), bytes.data, (size_t) bytes.len);
		pg_write_barrier();
		pg_atomic_write_u32(&order->profile, (uint32) bytes.len);
	}
	pfree(bytes.data);
	return fits;
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

static TextList
take_texts(const char **cursor, int count)
{
	TextList	texts = {count, palloc(sizeof(char *) * (size_t) Max(count, 1))};

	for (int i = 0; i < count; i++)
		texts.items[i] = take_text(cursor);
	return texts;
}

/* What begins at the cursor, which need not be aligned. */
static void
take_struct(const char **cursor, void *sent, size_t bytes)
{
	memcpy(sent, *cursor, bytes);
	*cursor += bytes;
}

static void
take_column(const char **cursor, ProfileColumn *column, uint32 *source)
{
	SentColumn	sent;

	take_struct(cursor, &sent, sizeof(sent));
	*source = sent.source;
	*column = (ProfileColumn) {
		.class = sent.class,.type = sent.type,.typmod = sent.typmod,.max_characters = sent.max_characters,
		.required = sent.required,.trim = sent.trim
	};
	column->header = take_text(cursor);
	column->label = take_text(cursor);
	column->null_tokens = take_texts(cursor, sent.null_tokens);
}

static void
take_rule(const char **cursor, CellRule *rule)
{
	SentRule	sent;

	take_struct(cursor, &sent, sizeof(sent));
	*rule = (CellRule) {
		.kind = sent.kind,.column = sent.column,.length = sent.length,.bound = sent.bound,.collation = sent.collation
	};
	if (OidIsValid(sent.compare))
		fmgr_info(sent.compare, &rule->compare);
	if (sent.bound_bytes > 0)
	{
		void	   *bound = palloc((Size) sent.bound_bytes);

		take_struct(cursor, bound, (size_t) sent.bound_bytes);
		rule->bound = PointerGetDatum(bound);
	}
	rule->texts = take_texts(cursor, sent.texts);
	if (sent.kind == RULE_PATTERN)
		rule->pattern = cstring_to_text(rule->texts.items[0]);
}

ReaderCheck *
reader_check_create(ReaderOrder *order, bool date1904)
{
	const char *cursor = READER_PROFILE(order);
	SentProfile sent;
	ReaderCheck *check;
	Profile    *profile;
	CellRules	rules;
	uint32	   *source;

	if (pg_atomic_read_u32(&order->profile) == 0)
		return NULL;
	pg_read_barrier();
	take_struct(&cursor, &sent, sizeof(sent));
	check = palloc0(sizeof(ReaderCheck));
	check->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx checked row", ALLOCSET_SMALL_SIZES);
	profile = &check->profile;
	profile->plain = sent.plain;
	profile->count = sent.columns;
	profile->columns = palloc(sizeof(ProfileColumn) * (size_t) Max(sent.columns, 1));
	source = palloc(sizeof(uint32) * (size_t) Max(sent.columns, 1));
	for (int i = 0; i < sent.columns; i++)
		take_column(&cursor, &profile->columns[i], &source[i]);
	rules = (CellRules) {sent.rules, palloc(sizeof(CellRule) * (size_t) Max(sent.rules, 1))};
	for (int i = 0; i < sent.rules; i++)
		take_rule(&cursor, &rules.items[i]);
	row_check_init(&check->row, profile, &rules, source, date1904);
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
