/*
 * validate.c
 *	  Rows of a sheet -> a packet of good rows, error rows and warnings.
 *
 * Where a profile takes its cells as they are, a row goes into the packet at
 * once; else it takes the longer way over stage.c.
 */
#include "validate.h"

#include "headers.h"

struct Validator
{
	const StageTask *task;
	Stage	   *stage;			/* NULL: cells are taken as they are */
	SourceIndex sources;
	const XlsxCell **cells;		/* of the row at hand, by profile column */
	CheckedValue *values;
	Violation  *violations;		/* of the row at hand, by profile column; code NULL: fine */
	PacketWriter packet;
	ErrorRows	errors;
	ErrorRows	warnings;
	int			rows;
	uint32		last_row;
};

Validator *
validator_create(const StageTask *task)
{
	Validator  *validator = palloc0(sizeof(Validator));
	size_t		count = (size_t) task->profile->count;

	validator->task = task;
	validator->cells = palloc0(sizeof(XlsxCell *) * count);
	validator->values = palloc0(sizeof(CheckedValue) * count);
	validator->violations = palloc0(sizeof(Violation) * count);
	source_index_create(&validator->sources, task->source, task->profile->count);
	if (!task->profile->plain)
		validator->stage = stage_create(task);
	packet_init(&validator->packet, task->profile);
	error_rows_init(&validator->errors, task->id, false, CurrentMemoryContext);
	error_rows_init(&validator->warnings, task->id, true, CurrentMemoryContext);
	return validator;
}

void
validator_begin(Validator *validator)
{
	packet_begin(&validator->packet);
	error_rows_begin(&validator->errors);
	error_rows_begin(&validator->warnings);
	validator->rows = 0;
	if (validator->stage != NULL)
		stage_begin(validator->stage);
}

bool
validator_full(const Validator *validator)
{
	if (validator->stage != NULL)
		return stage_full(validator->stage);
	return validator->rows >= PG_XLSX_BATCH_ROWS || packet_full(&validator->packet);
}

static void
add_error_row(Validator *validator, const XlsxRow *row)
{
	const StageTask *task = validator->task;

	error_row_begin(&validator->errors);
	for (int i = 0; i < task->profile->count; i++)
	{
		size_t		length;
		const char *original = check_original_bytes(validator->cells[i], task->date1904, &length);

		error_row_value(&validator->errors, original, length);
		if (validator->violations[i].code != NULL)
			error_row_violation(&validator->errors, &task->profile->columns[i], row->number, task->source[i],
								original != NULL ? pnstrdup(original, length) : NULL, &validator->violations[i]);
	}
	error_row_end(&validator->errors, row->number);
}

/* A row whose cells are taken as they are. */
static void
check_row(Validator *validator, const XlsxRow *row)
{
	const Profile *profile = validator->task->profile;
	bool		good = true;

	source_index_cells(&validator->sources, row, validator->cells, profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		validator->violations[i].code = NULL;
		if (!check_cell(&profile->columns[i], validator->cells[i], validator->task->date1904, &validator->values[i],
						&validator->violations[i]))
			good = false;
	}
	if (good)
		packet_row(&validator->packet, row->number, validator->values);
	else
		add_error_row(validator, row);
}

void
validator_row(Validator *validator, const XlsxRow *row)
{
	if (validator->stage != NULL)
		stage_add(validator->stage, row);
	else
		check_row(validator, row);
	validator->rows++;
	validator->last_row = row->number;
}

void
validator_packed_row(Validator *validator, uint32 number, const PackedRow *row)
{
	packet_packed_row(&validator->packet, row);
	validator->rows++;
	validator->last_row = number;
}

void
validator_end(Validator *validator, ValidatedBatch *batch)
{
	if (validator->stage != NULL)
		stage_end(validator->stage, &validator->packet, &validator->errors, &validator->warnings);
	error_rows_store(&validator->errors);
	error_rows_store(&validator->warnings);
	batch->rows = validator->rows;
	batch->good = validator->packet.rows;
	batch->bad = validator->errors.count;
	batch->warned = validator->warnings.count;
	batch->last_row = validator->last_row;
	batch->packet = batch->good > 0 ? packet_end(&validator->packet) : NULL;
}
