/*
 * stage.c
 *	  Turns the cells of a batch into a packet.
 */
#include "validate/stage.h"

#include "validate/compute.h"
#include "validate/rules.h"

struct Stage
{
	const Profile *profile;
	Judge	   *judge;
	Compute    *compute;		/* NULL: nothing to compute */
	Rules	   *rules;
	CheckedValue *values;		/* of the row at hand */
	PacketWriter gaps;			/* bad rows with their good values, for rules on rows */
	int			count;
	size_t		bytes;			/* bytes of the cells in the batch, and of their results */
	JudgedRow	rows[PG_XLSX_BATCH_ROWS];
};

/* A batch ends early at this size, so that long texts cannot make it larger and larger. */
#define STAGE_FULL_BYTES (8 * 1024 * 1024)

bool
stage_suits(const Profile *profile)
{
	for (int i = 0; i < profile->count; i++)
		if (profile_computes(&profile->columns[i]))
			return true;
	for (int i = 0; i < profile->rule_count; i++)
		if (!rule_is_on_cell(profile->rules[i].kind))
			return true;
	return profile->delete_when != NULL;
}

Stage *
stage_create(const JudgeTask *task, Judge *judge)
{
	Stage	   *stage = palloc0(sizeof(Stage));

	stage->profile = task->profile;
	stage->judge = judge;
	stage->compute = compute_create(task, judge);
	stage->rules = rules_create(task, judge);
	stage->values = palloc0(sizeof(CheckedValue) * (size_t) task->profile->count);
	packet_init(&stage->gaps, task->profile);
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

/*
 * Rows in
 */

/* Copies the cells of the row, which are in the reader's memory. */
static void
own_cells(Stage *stage, JudgedRow *row)
{
	int			columns = stage->profile->count;
	size_t		bytes = 0;
	XlsxCell   *copy;
	char	   *text;

	for (int i = 0; i < columns; i++)
		if (row->cells[i] != NULL)
			bytes += sizeof(XlsxCell) + row->cells[i]->length + row->cells[i]->shown;
	copy = palloc(bytes);
	text = (char *) copy + bytes;
	stage->bytes += bytes;
	for (int i = 0; i < columns; i++)
	{
		if (row->cells[i] == NULL)
			continue;
		*copy = *row->cells[i];
		if (copy->length + copy->shown > 0)
		{
			text -= copy->length + copy->shown;
			copy->text = memcpy(text, copy->text, copy->length + copy->shown);
		}
		row->cells[i] = copy++;
	}
}

void
stage_add(Stage *stage, const XlsxRow *row)
{
	JudgedRow  *copy = &stage->rows[stage->count++];

	judge_row_init(stage->judge, copy);
	judge_take(stage->judge, copy, row);
	own_cells(stage, copy);
	if (copy->extra != NULL)
		stage->bytes += strlen(copy->extra);
	if (stage->compute != NULL)
		compute_take(stage->compute, copy);
}

/*
 * Rows out
 */

static void
report_row(const Stage *stage, const JudgedRow *row, bool warnings, ErrorRows *errors)
{
	error_form_row(error_row_begin(errors), stage->judge, row, warnings);
	error_row_end(errors, row->number);
}

/* Makes the packet again, without the rows that have become bad. */
static void
drop_bad_rows(const Stage *stage, PacketWriter *packet, PacketWriter *bad_packet, const int *index)
{
	bytea	   *all = packet_end(packet);
	PacketRows	rows;

	packet_read(stage->profile, memcpy(palloc(VARSIZE(all)), all, VARSIZE(all)), &rows);
	packet_begin(packet);
	for (int i = 0; i < rows.count; i++)
		if (!stage->rows[index[i]].bad)
			packet_copy_row(packet, &rows, i);
		else if (stage->judge->plan->keeps_bad)
			packet_copy_row(bad_packet, &rows, i);
}

/* Rules on rows need the values of the whole batch. */
static void
apply_row_rules(Stage *stage, PacketWriter *packet, PacketWriter *bad_packet, const int *index)
{
	PacketRows	rows;
	bool		any_bad = false;

	if (packet->rows == 0)
		return;
	packet_read(stage->profile, packet_end(packet), &rows);
	rules_check_rows(stage->rules, &rows, stage->rows, index);
	for (int i = 0; i < rows.count; i++)
	{
		JudgedRow  *row = &stage->rows[index[i]];

		if (row->deletes)
			judge_only_key(stage->judge, row);
		any_bad = any_bad || row->bad;
	}
	if (any_bad)
		drop_bad_rows(stage, packet, bad_packet, index);
}

/* Checks rules on rows for rows that are bad already. */
static void
apply_rules_to_gaps(Stage *stage, const int *index)
{
	PacketRows	rows;

	if (stage->gaps.rows == 0)
		return;
	packet_read(stage->profile, packet_end(&stage->gaps), &rows);
	rules_check_gaps(stage->rules, &rows, stage->rows, index);
}

/* Judges all rows of the batch; those without an error go into the packet. */
static void
judge_rows(Stage *stage, PacketWriter *packet, PacketWriter *bad_packet)
{
	bool		need_rows = rules_need_rows(stage->rules);
	int			good[PG_XLSX_BATCH_ROWS];
	int			bad[PG_XLSX_BATCH_ROWS];

	packet_begin(&stage->gaps);
	for (int i = 0; i < stage->count; i++)
	{
		JudgedRow  *row = &stage->rows[i];

		if (row->deletes)
			judge_only_key(stage->judge, row);
		if (judge_row(stage->judge, row, stage->values) == ROW_GOOD)
		{
			good[packet->rows] = i;
			packet_row(packet, row->number | (row->deletes ? PACKET_DELETES : 0), stage->values);
		}
		else
		{
			if (need_rows)
			{
				bad[stage->gaps.rows] = i;
				packet_row(&stage->gaps, row->number, stage->values);
			}
			if (stage->judge->plan->keeps_bad)
			{
				judge_kept(stage->judge, row, stage->values);
				packet_row(bad_packet, row->number, stage->values);
			}
		}
	}
	if (!need_rows)
		return;
	apply_row_rules(stage, packet, bad_packet, good);
	apply_rules_to_gaps(stage, bad);
}

void
stage_end(Stage *stage, PacketWriter *packet, PacketWriter *bad_packet, ErrorRows *errors, ErrorRows *warnings)
{
	if (stage->count == 0)
		return;
	if (stage->compute != NULL)
		compute_run(stage->compute, stage->rows, stage->count);
	judge_rows(stage, packet, bad_packet);
	for (int i = 0; i < stage->count; i++)
	{
		if (stage->rows[i].bad)
			report_row(stage, &stage->rows[i], false, errors);
		if (stage->rows[i].warned)
			report_row(stage, &stage->rows[i], true, warnings);
	}
	stage->count = 0;
}
