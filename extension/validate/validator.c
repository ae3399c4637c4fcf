/*
 * validator.c
 *	  Rows of a sheet -> a packet of good rows, error rows and warnings.
 *
 * A row that can be judged alone is judged at once. Rows of other profiles
 * are judged in batches by stage.c.
 */
#include "validate/validator.h"

#include "validate/stage.h"

struct Validator
{
	const JudgePlan *plan;
	Judge	   *judge;
	Stage	   *stage;			/* NULL: each row stands for itself */
	JudgedRow	row;			/* at hand */
	CheckedValue *values;		/* of it */
	PacketWriter packet;
	PacketWriter bad_packet;	/* what the plan keeps of bad rows */
	ErrorRows	errors;
	ErrorRows	warnings;
	int			rows;
	uint32		last_row;
};

Validator *
validator_create(const JudgeTask *task, int64 cursor_row)
{
	Validator  *validator = palloc0(sizeof(Validator));

	validator->plan = plan_create(task);
	validator->judge = judge_create(validator->plan, task->profile);
	judge_row_init(validator->judge, &validator->row);
	validator->values = palloc0(sizeof(CheckedValue) * (size_t) Max(task->profile->count, 1));
	if (stage_suits(task->profile))
		validator->stage = stage_create(task, validator->judge);
	packet_init(&validator->packet, task->profile);
	packet_init(&validator->bad_packet, task->profile);
	error_rows_init(&validator->errors, task->id, false, cursor_row, CurrentMemoryContext);
	error_rows_init(&validator->warnings, task->id, true, cursor_row, CurrentMemoryContext);
	return validator;
}

void
validator_ask(Validator *validator, JudgeDecide decide, void *argument)
{
	judge_ask(validator->judge, decide, argument);
}

const JudgePlan *
validator_whole_plan(const Validator *validator)
{
	return validator->plan;
}

const JudgePlan *
validator_plan(const Validator *validator)
{
	return validator->stage == NULL && plan_is_portable(validator->plan) ? validator->plan : NULL;
}

void
validator_skip(Validator *validator, const XlsxRow *row)
{
	judge_take(validator->judge, &validator->row, row);
}

Sightings *
validator_sightings(const Validator *validator)
{
	return validator->judge->sightings;
}

void
validator_begin(Validator *validator)
{
	packet_begin(&validator->packet);
	packet_begin(&validator->bad_packet);
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
		packet_full(&validator->bad_packet) ||
		error_rows_full(&validator->errors) || error_rows_full(&validator->warnings) ||
		(validator->stage != NULL && stage_full(validator->stage));
}

static void
keep_row(const Validator *validator, ErrorRows *rows, bool warnings)
{
	error_form_row(error_row_begin(rows), validator->judge, &validator->row, warnings);
	error_row_end(rows, validator->row.number);
}

static void
keep_bad_row(Validator *validator)
{
	keep_row(validator, &validator->errors, false);
	if (!validator->plan->keeps_bad)
		return;
	judge_kept(validator->judge, &validator->row, validator->values);
	packet_row(&validator->bad_packet, validator->row.number, validator->values);
}

static void
judge_alone(Validator *validator, const XlsxRow *given)
{
	JudgedRow  *row = &validator->row;

	judge_take(validator->judge, row, given);
	if (judge_row(validator->judge, row, validator->values) == ROW_GOOD)
		packet_row(&validator->packet, row->number, validator->values);
	else
		keep_bad_row(validator);
	if (row->warned)
		keep_row(validator, &validator->warnings, true);
}

void
validator_row(Validator *validator, const XlsxRow *row)
{
	if (validator->stage != NULL)
		stage_add(validator->stage, row);
	else
		judge_alone(validator, row);
	validator->rows++;
	validator->last_row = row->number;
}

void
validator_checked_row(Validator *validator, uint32 number, const CheckedRow *row)
{
	if (row->verdict == ROW_GOOD)
		packet_packed_row(&validator->packet, &row->packed);
	else
		error_row_add(&validator->errors, number, &row->errors);
	if (row->warned)
		error_row_add(&validator->warnings, number, &row->warnings);
	validator->rows++;
	validator->last_row = number;
}

void
validator_end(Validator *validator, ValidatedBatch *batch)
{
	if (validator->stage != NULL)
		stage_end(validator->stage, &validator->packet, &validator->bad_packet, &validator->errors, &validator->warnings);
	error_rows_store(&validator->errors);
	error_rows_store(&validator->warnings);
	batch->rows = validator->rows;
	batch->good = validator->packet.rows;
	batch->bad = validator->errors.count;
	batch->warned = validator->warnings.count;
	batch->last_row = validator->last_row;
	batch->packet = batch->good > 0 ? packet_end(&validator->packet) : NULL;
	batch->bad_packet = validator->bad_packet.rows > 0 ? packet_end(&validator->bad_packet) : NULL;
}
