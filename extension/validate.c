/*
 * validate.c
 *	  Rows of a sheet -> a packet of good rows, error rows and warnings.
 *
 * Where a profile takes its cells as they are, a row goes into the packet at
 * once; else it takes the longer way over stage.c.
 */
#include "validate.h"


struct Validator
{
	const StageTask *task;
	Stage	   *stage;			/* NULL: cells are taken as they are */
	RowCheck	check;			/* where cells are taken as they are */
	PacketWriter packet;
	ErrorRows	errors;
	ErrorRows	warnings;
	int			rows;
	uint32		last_row;
};

Validator *
validator_create(const StageTask *task, int64 cursor_row)
{
	Validator  *validator = palloc0(sizeof(Validator));

	validator->task = task;
	if (task->profile->plain)
		row_check_init(&validator->check, task->profile, task->source, task->date1904);
	else
		validator->stage = stage_create(task);
	packet_init(&validator->packet, task->profile);
	error_rows_init(&validator->errors, task->id, false, cursor_row, CurrentMemoryContext);
	error_rows_init(&validator->warnings, task->id, true, cursor_row, CurrentMemoryContext);
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

/* A row whose cells are taken as they are. */
static void
check_row(Validator *validator, const XlsxRow *row)
{
	if (row_check(&validator->check, row) == ROW_GOOD)
		packet_row(&validator->packet, row->number, validator->check.values);
	else
	{
		row_check_report(&validator->check, row->number, error_row_begin(&validator->errors));
		error_row_end(&validator->errors, row->number);
	}
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
validator_checked_row(Validator *validator, uint32 number, const CheckedRow *row)
{
	if (row->verdict == ROW_GOOD)
		packet_packed_row(&validator->packet, &row->packed);
	else
		error_row_add(&validator->errors, number, row->cells, row->violations);
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
