/*
 * stage.c
 *	  A batch of rows on its way from cells to a packet.
 */
#include "validate/stage.h"

#include "core/ref.h"
#include "lib/stringinfo.h"
#include "pg/text_encoding.h"
#include "profile/headers.h"
#include "profile/message.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "validate/compute.h"
#include "validate/rules.h"

struct Stage
{
	const StageTask *task;
	Compute    *compute;		/* NULL: nothing to compute */
	Rules	   *rules;
	bool		wants_extra;
	SourceIndex sources;
	CheckedValue *values;		/* of the row at hand */
	PacketWriter gaps;			/* bad rows with what is good of them, for rules on rows */
	int			count;
	size_t		bytes;			/* of the cells in the batch, and of what was made of them */
	StageRow	rows[PG_XLSX_BATCH_ROWS];
};

/* A batch ends early at this size: long texts must not make it of any size. */
#define STAGE_FULL_BYTES (8 * 1024 * 1024)

static bool
needs_extra(const Profile *profile, const Compute *compute)
{
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].source == SOURCE_EXTRA)
			return true;
	return compute != NULL && compute_sees_extra(profile);
}

Stage *
stage_create(const StageTask *task)
{
	const Profile *profile = task->profile;
	Stage	   *stage = palloc0(sizeof(Stage));

	stage->task = task;
	stage->compute = compute_create(task);
	stage->rules = rules_create(task);
	stage->wants_extra = needs_extra(profile, stage->compute);
	stage->values = palloc0(sizeof(CheckedValue) * (size_t) profile->count);
	packet_init(&stage->gaps, profile);
	source_index_create(&stage->sources, task->source, profile->count);
	return stage;
}

void
stage_begin(Stage *stage)
{
	stage->count = 0;
	stage->bytes = 0;
}

bool
stage_full(const Stage *stage)
{
	return stage->count == PG_XLSX_BATCH_ROWS || stage->bytes >= STAGE_FULL_BYTES;
}

/* NULL: blank. */
static const XlsxCell *
cell_of(const StageRow *row, int column)
{
	return row->cells[column].kind == XLSX_BLANK ? NULL : &row->cells[column];
}

char *
stage_original(const StageTask *task, const StageRow *row, int column)
{
	return check_original(cell_of(row, column), task->date1904);
}

/* Adds to a list of texts. */
static void
list_text(StringInfo list, const char *text)
{
	if (text != NULL && text[0] != '\0')
		appendStringInfo(list, "%s%s", list->len > 0 ? ", " : "", text);
}

char *
stage_words(const StageTask *task, const StageRow *row, const int *columns, int count, const char *name,
			const char *messages, const char *code)
{
	StringInfoData labels;
	StringInfoData values;
	StringInfoData cells;
	MessageValues places;

	initStringInfo(&labels);
	initStringInfo(&values);
	initStringInfo(&cells);
	for (int i = 0; i < count; i++)
	{
		uint32		source = task->source[columns[i]];
		char		cell[19] = "";

		if (source > 0)
			xlsx_ref_cell(row->number, source, cell);
		list_text(&labels, task->profile->columns[columns[i]].label);
		list_text(&values, stage_original(task, row, columns[i]));
		list_text(&cells, cell);
	}
	places = (MessageValues) {count > 0 ? labels.data : name, values.data, cells.data};
	return message_own(messages, code, task->locale, &places);
}

void
stage_violate(StageRow *row, int column, bool warning, const Violation *violation)
{
	StageViolation *copy = palloc(sizeof(StageViolation));

	*copy = (StageViolation) {column, warning, *violation};
	row->violations = lappend(row->violations, copy);
	row->bad = row->bad || !warning;
}

/*
 * Rows in
 */

static XlsxCell
copy_cell(Stage *stage, const XlsxCell *cell)
{
	XlsxCell	copy = *cell;

	if (cell->length > 0)
		copy.text = memcpy(palloc(cell->length), cell->text, cell->length);
	stage->bytes += sizeof(XlsxCell) + cell->length;
	return copy;
}

/* The sheet's other columns: {"header": "text", ...}. */
static char *
extra_json(const Stage *stage, const XlsxRow *row)
{
	const TextList *headers = &stage->task->extras;
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (uint32 i = 0; i < row->count; i++)
	{
		uint32		at = row->cells[i].column;
		const char *header = at <= (uint32) headers->count ? headers->items[at - 1] : NULL;

		if (header == NULL || header[0] == '\0')
			continue;
		if (json.len > 1)
			appendStringInfoChar(&json, ',');
		escape_json(&json, header);
		appendStringInfoChar(&json, ':');
		escape_json(&json, check_original(&row->cells[i], stage->task->date1904));
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* The text of a source that is no cell. */
static char *
own_text(const Stage *stage, const StageRow *row, ColumnSource source)
{
	switch (source)
	{
		case SOURCE_TASK_ID:
			return psprintf(INT64_FORMAT, stage->task->id);
		case SOURCE_ROW_NUMBER:
			return psprintf("%u", row->number);
		case SOURCE_FILE_NAME:
			return pstrdup(stage->task->file_name);
		case SOURCE_EXTRA:
			return row->extra;
		default:
			return NULL;
	}
}

void
stage_add(Stage *stage, const XlsxRow *row)
{
	const Profile *profile = stage->task->profile;
	StageRow   *copy = &stage->rows[stage->count++];

	memset(copy, 0, sizeof(*copy));
	copy->number = row->number;
	copy->cells = palloc0(sizeof(XlsxCell) * (size_t) profile->count);
	copy->texts = palloc0(sizeof(char *) * (size_t) profile->count);
	copy->states = palloc0(sizeof(ValueState) * (size_t) profile->count);
	for (uint32 i = 0; i < row->count; i++)
	{
		int			column = source_index_column(&stage->sources, row->cells[i].column);

		if (column >= 0)
			copy->cells[column] = copy_cell(stage, &row->cells[i]);
	}
	if (stage->wants_extra)
	{
		copy->extra = extra_json(stage, row);
		stage->bytes += strlen(copy->extra);
	}
	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];

		copy->texts[i] = column->source == SOURCE_CELL ? check_text(column, cell_of(copy, i), stage->task->date1904) :
			own_text(stage, copy, column->source);
		if (copy->texts[i] == NULL && column->default_value != NULL)
			copy->texts[i] = column->default_value;
	}
}

/*
 * Checking
 */

/* Is the value of the column a text of ours rather than its cell? */
static bool
is_own_text(const ProfileColumn *column, const XlsxCell *cell, const char *text)
{
	return column->source != SOURCE_CELL || compute_has(column) ||
		(column->default_value != NULL && text == column->default_value) || cell->kind == XLSX_BLANK;
}

/* The profile's own words for a code, where it has some. */
static void
choose_words(const Stage *stage, const StageRow *row, int column, Violation *violation)
{
	char	   *own = stage_words(stage->task, row, &column, 1, NULL, stage->task->profile->columns[column].messages,
								  violation->code);

	if (own != NULL)
		violation->message = own;
}

/* A cell that is blank or holds an error has no text that a rule could be about. */
static ValueState
state_after(const Violation *violation)
{
	static const char *const without_text[] = {"required", "cell_error", "text"};

	for (int i = 0; i < lengthof(without_text); i++)
		if (strcmp(violation->code, without_text[i]) == 0)
			return VALUE_UNKNOWN;
	return VALUE_MISFIT;
}

static bool
check_value(Stage *stage, StageRow *row, int i, Violation *violation)
{
	ProfileColumn *column = &stage->task->profile->columns[i];
	XlsxCell	own = {.kind = XLSX_TEXT};
	const XlsxCell *cell = &row->cells[i];

	if (is_own_text(column, cell, row->texts[i]))
	{
		cell = NULL;
		if (row->texts[i] != NULL)
		{
			own.text = text_from_server(row->texts[i]);
			own.length = strlen(own.text);
			cell = &own;
		}
	}
	return check_cell(column, cell, stage->task->date1904, &stage->values[i], violation);
}

/* What is not good has no value in stage->values. */
static void
check_row(Stage *stage, StageRow *row)
{
	for (int i = 0; i < stage->task->profile->count; i++)
	{
		Violation	violation;

		if (row->states[i] == VALUE_GOOD && check_value(stage, row, i, &violation))
			continue;
		stage->values[i] = (CheckedValue) {.null = true};
		if (row->states[i] != VALUE_GOOD)
			continue;			/* what was to be computed, and that is said already */
		choose_words(stage, row, i, &violation);
		stage_violate(row, i, false, &violation);
		row->states[i] = state_after(&violation);
	}
	rules_check_cells(stage->rules, row, stage->values);
}

/*
 * Rows out
 */

static bool
has_kind(const StageRow *row, bool warning)
{
	ListCell   *item;

	foreach(item, row->violations)
		if (((StageViolation *) lfirst(item))->warning == warning)
			return true;
	return false;
}

static void
report_row(const Stage *stage, const StageRow *row, bool warning, ErrorRows *errors)
{
	const Profile *profile = stage->task->profile;
	ErrorForm  *form = error_row_begin(errors);
	ListCell   *item;

	for (int i = 0; i < profile->count; i++)
	{
		size_t		length;
		const char *original = check_original_bytes(cell_of(row, i), stage->task->date1904, &length);

		error_form_value(form, original, length);
	}
	foreach(item, row->violations)
	{
		const StageViolation *found = lfirst(item);
		bool		of_row = found->column < 0;

		if (found->warning == warning)
			error_form_violation(form, of_row ? NULL : &profile->columns[found->column], row->number,
								 of_row ? 0 : stage->task->source[found->column],
								 of_row ? NULL : stage_original(stage->task, row, found->column), &found->violation);
	}
	error_row_end(errors, row->number);
}

/* The packet again, without the rows that have turned out to be bad. */
static void
drop_bad_rows(const Stage *stage, PacketWriter *packet, const int *index)
{
	bytea	   *all = packet_end(packet);
	PacketRows	rows;

	packet_read(stage->task->profile, memcpy(palloc(VARSIZE(all)), all, VARSIZE(all)), &rows);
	packet_begin(packet);
	for (int i = 0; i < rows.count; i++)
		if (!stage->rows[index[i]].bad)
			packet_copy_row(packet, &rows, i);
}

/* Rules on rows need the values of the whole batch. */
static void
apply_row_rules(Stage *stage, PacketWriter *packet, const int *index)
{
	PacketRows	rows;
	bool		any_bad = false;

	if (packet->rows == 0)
		return;
	packet_read(stage->task->profile, packet_end(packet), &rows);
	rules_check_rows(stage->rules, &rows, stage->rows, index);
	for (int i = 0; i < rows.count; i++)
		any_bad = any_bad || stage->rows[index[i]].bad;
	if (any_bad)
		drop_bad_rows(stage, packet, index);
}

/* What rules on rows have to say of those that are bad already. */
static void
apply_rules_to_gaps(Stage *stage, const int *index)
{
	PacketRows	rows;

	if (stage->gaps.rows == 0)
		return;
	packet_read(stage->task->profile, packet_end(&stage->gaps), &rows);
	rules_check_gaps(stage->rules, &rows, stage->rows, index);
}

/* All rows of the batch; those without an error go into the packet. */
static void
check_rows(Stage *stage, PacketWriter *packet)
{
	bool		need_rows = rules_need_rows(stage->rules);
	int			good[PG_XLSX_BATCH_ROWS];
	int			bad[PG_XLSX_BATCH_ROWS];

	packet_begin(&stage->gaps);
	for (int i = 0; i < stage->count; i++)
	{
		StageRow   *row = &stage->rows[i];

		check_row(stage, row);
		if (!row->bad)
		{
			good[packet->rows] = i;
			packet_row(packet, row->number, stage->values);
		}
		else if (need_rows)
		{
			bad[stage->gaps.rows] = i;
			packet_row(&stage->gaps, row->number, stage->values);
		}
	}
	if (!need_rows)
		return;
	apply_row_rules(stage, packet, good);
	apply_rules_to_gaps(stage, bad);
}

void
stage_end(Stage *stage, PacketWriter *packet, ErrorRows *errors, ErrorRows *warnings)
{
	if (stage->count == 0)
		return;
	if (stage->compute != NULL)
		compute_run(stage->compute, stage->rows, stage->count);
	check_rows(stage, packet);
	for (int i = 0; i < stage->count; i++)
	{
		if (stage->rows[i].bad)
			report_row(stage, &stage->rows[i], false, errors);
		if (has_kind(&stage->rows[i], true))
			report_row(stage, &stage->rows[i], true, warnings);
	}
	stage->count = 0;
}
