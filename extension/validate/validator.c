/*
 * validator.c
 *	  Rows of a sheet -> a packet of good rows, error rows and warnings.
 *
 * A row that can be found good by itself goes into the packet at once, and so
 * does a bad one of a plain profile among the error rows.  Others take the longer way over stage.c.
 */
#include "validate/validator.h"


struct Validator
{
	const StageTask *task;
	Stage	   *stage;			/* for rows that are open; NULL: there are none */
	bool		checks;			/* rows are judged by themselves */
	RowCheck	check;
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
	validator->checks = row_check_suits(task->profile);
	if (!task->profile->plain)
		validator->stage = stage_create(task);
	if (validator->checks)
	{
		CellRules	rules = cell_rules_compile(task->profile);

		row_check_init(&validator->check, task->profile, &rules, task->source, task->date1904);
	}
	packet_init(&validator->packet, task->profile);
	error_rows_init(&validator->errors, task->id, false, cursor_row, CurrentMemoryContext);
	error_rows_init(&validator->warnings, task->id, true, cursor_row, CurrentMemoryContext);
	return validator;
}

const RowCheck *
validator_row_check(const Validator *validator)
{
	return validator->checks ? &validator->check : NULL;
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
	return validator->rows >= PG_XLSX_BATCH_ROWS || packet_full(&validator->packet) ||
		error_rows_full(&validator->errors) || error_rows_full(&validator->warnings) ||
		(validator->stage != NULL && stage_full(validator->stage));
}

/* Rows leave in the order in which they came. */
static void
empty_stage(Validator *validator)
{
	if (validator->stage != NULL)
		stage_end(validator->stage, &validator->packet, &validator->errors, &validator->warnings);
}

static void
check_row(Validator *validator, const XlsxRow *row)
{
	switch (row_check(&validator->check, row))
	{
		case ROW_GOOD:
			empty_stage(validator);
			packet_row(&validator->packet, row->number, validator->check.values);
			break;
		case ROW_BAD:
			row_check_report(&validator->check, row->number, error_row_begin(&validator->errors));
			error_row_end(&validator->errors, row->number);
			break;
		case ROW_OPEN:
			stage_add(validator->stage, row);
			break;
	}
}

void
validator_row(Validator *validator, const XlsxRow *row)
{
	if (validator->checks)
		check_row(validator, row);
	else
		stage_add(validator->stage, row);
	validator->rows++;
	validator->last_row = row->number;
}

void
validator_checked_row(Validator *validator, uint32 number, const CheckedRow *row)
{
	empty_stage(validator);
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
	empty_stage(validator);
	error_rows_store(&validator->errors);
	error_rows_store(&validator->warnings);
	batch->rows = validator->rows;
	batch->good = validator->packet.rows;
	batch->bad = validator->errors.count;
	batch->warned = validator->warnings.count;
	batch->last_row = validator->last_row;
	batch->packet = batch->good > 0 ? packet_end(&validator->packet) : NULL;
}
