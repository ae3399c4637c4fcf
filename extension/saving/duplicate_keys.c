/*
 * duplicate_keys.c
 *	  Rows of a file that have the same key.
 */
#include "saving/duplicate_keys.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/trigger.h"
#include "kept/seen_keys.h"
#include "pg/row_number.h"
#include "profile/fault.h"
#include "saving/faults.h"
#include "saving/foreign_keys.h"
#include "saving/key.h"
#include "saving/key_hash.h"
#include "saving/save_mode.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* What is known of a row of the batch. */
typedef struct KeyedRow
{
	int			turn;			/* the part of the batch in which it is saved */
	int			before;			/* the last of these; -1: none */
	int32		earlier;		/* number of the row that has taken the key; 0: none */
	bool		has_key;
	bool		left_out;
	bool		refused;
} KeyedRow;

struct DuplicateKeys
{
	const SaveTask *task;
	Duplicates	what;
	SaveKey		key;
	KeyHash    *hash;
	SeenKeys   *seen;
	bool		in_order;		/* rows with other keys must not overtake each other */

	/* Of the batch at hand */
	const PacketRows *rows;
	KeyedRow   *states;			/* by row */
	SeenKeyOf  *keys;			/* by row */
	int			turn;			/* of the next part */
	int			turns;
	int		   *part;			/* rows of the part at hand */
	int			part_count;
};

static Duplicates
what_to_do(const SaveTask *task)
{
	const SaveModeFacts *mode = save_mode(task->mode);
	Duplicates	said = task->profile->duplicates;

	if (said == DUPLICATES_LAST && !mode->updates)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("duplicate_keys \"last\" needs a mode that changes rows"),
				 errdetail("In mode %s the row that a key had first is not changed.", save_mode_names.texts[task->mode]),
				 errhint("Use mode upsert or update, or duplicate_keys \"first\" or \"error\".")));
	if (said != DUPLICATES_BY_MODE || !mode->by_key)
		return said;
	return mode->updates ? DUPLICATES_LAST : DUPLICATES_FIRST;
}

/*
 * Can a row depend on others than those with its key? By another constraint across rows, by a
 * trigger, or by whatever a view or a foreign table does.
 */
static bool
order_matters(const SaveTask *task, Oid key_index)
{
	Relation	target = table_open(task->profile->target, AccessShareLock);
	bool		matters = target->rd_rel->relkind != RELKIND_RELATION && target->rd_rel->relkind != RELKIND_PARTITIONED_TABLE;
	ListCell   *cell;

	matters = matters || target->rd_rules != NULL || foreign_keys_to_itself(task->profile);
	for (int i = 0; target->trigdesc != NULL && i < target->trigdesc->numtriggers; i++)
		matters = matters || !target->trigdesc->triggers[i].tgisinternal;
	foreach(cell, RelationGetIndexList(target))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		matters = matters || ((index->rd_index->indisunique || index->rd_index->indisexclusion) && lfirst_oid(cell) != key_index);
		index_close(index, NoLock);
	}
	table_close(target, NoLock);
	return matters;
}

DuplicateKeys *
duplicate_keys_create(const SaveTask *task)
{
	Duplicates	what = what_to_do(task);
	DuplicateKeys *duplicates;

	if (what == DUPLICATES_BY_MODE)
		return NULL;
	duplicates = palloc0(sizeof(DuplicateKeys));
	duplicates->task = task;
	duplicates->what = what;
	save_key_find(task, &duplicates->key);
	duplicates->hash = key_hash_create(task, &duplicates->key);
	duplicates->seen = seen_keys_create(task->task);
	duplicates->in_order = order_matters(task, duplicates->key.unique.index);
	return duplicates;
}

/*
 * A batch
 */

static int
compare_keys(const void *a, const void *b, void *argument)
{
	const SeenKeyOf *keys = argument;
	int			one = *(const int *) a;
	int			other = *(const int *) b;

	if (keys[one].hash != keys[other].hash)
		return keys[one].hash < keys[other].hash ? -1 : 1;
	return one - other;
}

/* Finds rows of the batch that have the same key. */
static void
link_rows(DuplicateKeys *duplicates, int count)
{
	int		   *order = palloc(sizeof(int) * (size_t) Max(count, 1));
	int			keyed = 0;

	for (int i = 0; i < count; i++)
		if (duplicates->states[i].has_key)
			order[keyed++] = i;
	qsort_arg(order, (size_t) keyed, sizeof(int), compare_keys, duplicates->keys);
	for (int i = 1; i < keyed; i++)
	{
		KeyedRow   *state = &duplicates->states[order[i]];

		if (duplicates->keys[order[i]].hash != duplicates->keys[order[i - 1]].hash)
			continue;
		state->before = order[i - 1];
	}
}

/*
 * Says in which part each row is saved. In order: a part ends before the first row whose key it
 * has. Otherwise the parts are the first rows of all keys, then the second ones, and so on.
 */
static void
share_out(DuplicateKeys *duplicates, int count)
{
	int			part_start = 0;
	int			part = 0;

	for (int i = 0; i < count; i++)
	{
		KeyedRow   *state = &duplicates->states[i];

		if (!duplicates->in_order)
			state->turn = state->before >= 0 ? duplicates->states[state->before].turn + 1 : 0;
		else
		{
			if (state->before >= part_start)
			{
				part++;
				part_start = i;
			}
			state->turn = part;
		}
		duplicates->turns = Max(duplicates->turns, state->turn + 1);
	}
}

void
duplicate_keys_begin(DuplicateKeys *duplicates, const PacketRows *rows)
{
	uint64	   *hashes = palloc(sizeof(uint64) * (size_t) Max(rows->count, 1));
	bool	   *has = palloc(sizeof(bool) * (size_t) Max(rows->count, 1));

	key_hash_rows(duplicates->hash, rows, hashes, has);
	duplicates->rows = rows;
	duplicates->turn = 0;
	duplicates->turns = rows->count > 0 ? 1 : 0;
	duplicates->states = palloc0(sizeof(KeyedRow) * (size_t) Max(rows->count, 1));
	duplicates->keys = palloc(sizeof(SeenKeyOf) * (size_t) Max(rows->count, 1));
	duplicates->part = palloc(sizeof(int) * (size_t) Max(rows->count, 1));
	for (int i = 0; i < rows->count; i++)
	{
		duplicates->states[i].before = -1;
		duplicates->states[i].has_key = has[i];
		duplicates->keys[i] = (SeenKeyOf) {hashes[i], (int32) rows->sheet_rows[i], 0};
	}
	seen_keys_find(duplicates->seen, duplicates->keys, rows->count);
	for (int i = 0; i < rows->count; i++)
		duplicates->states[i].earlier = has[i] ? duplicates->keys[i].earlier : 0;
	link_rows(duplicates, rows->count);
	share_out(duplicates, rows->count);
}

/* The row that has taken the key, among earlier batches and the rows before. */
static int32
taken_by(const DuplicateKeys *duplicates, int row)
{
	const KeyedRow *state = &duplicates->states[row];
	const KeyedRow *before = state->before >= 0 ? &duplicates->states[state->before] : NULL;

	if (before == NULL)
		return state->earlier;
	return before->left_out || before->refused ? before->earlier : (int32) duplicates->rows->sheet_rows[state->before];
}

const PacketRows *
duplicate_keys_next(DuplicateKeys *duplicates)
{
	while (duplicates->turn < duplicates->turns)
	{
		duplicates->part_count = 0;
		for (int i = 0; i < duplicates->rows->count; i++)
		{
			KeyedRow   *state = &duplicates->states[i];

			if (state->turn != duplicates->turn)
				continue;
			state->earlier = taken_by(duplicates, i);
			state->left_out = state->earlier != 0 && duplicates->what != DUPLICATES_LAST;
			if (!state->left_out)
				duplicates->part[duplicates->part_count++] = i;
		}
		duplicates->turn++;
		if (duplicates->part_count == duplicates->rows->count)
			return duplicates->rows;
		if (duplicates->part_count > 0)
			return packet_pick(duplicates->rows, duplicates->part, duplicates->part_count);
	}
	return NULL;
}

static int
compare_numbers(const void *a, const void *b)
{
	int32		one = ((const ReportedRow *) a)->number;
	int32		other = ((const ReportedRow *) b)->number;

	return one < other ? -1 : one > other;
}

void
duplicate_keys_saved(DuplicateKeys *duplicates, const ErrorRows *errors)
{
	ReportedRow *refused = memcpy(palloc(sizeof(ReportedRow) * (size_t) Max(errors->count, 1)), errors->rows,
								  sizeof(ReportedRow) * (size_t) errors->count);

	qsort(refused, (size_t) errors->count, sizeof(ReportedRow), compare_numbers);
	for (int i = 0; i < duplicates->part_count && errors->count > 0; i++)
	{
		ReportedRow row = {(int32) duplicates->rows->sheet_rows[duplicates->part[i]], NULL};

		duplicates->states[duplicates->part[i]].refused =
			bsearch(&row, refused, (size_t) errors->count, sizeof(ReportedRow), compare_numbers) != NULL;
	}
	pfree(refused);
}

/*
 * What is told
 */

static void
tell(const DuplicateKeys *duplicates, int row, ErrorRows *rows)
{
	static const char *const ends[] = {
		[DUPLICATES_LAST] = "This row changes what that one saved.", [DUPLICATES_FIRST] = "This row was left out.",
		[DUPLICATES_ERROR] = "The row that has the key first counts."
	};
	const SaveTask *task = duplicates->task;
	const ProfileColumn *column = &task->profile->columns[duplicates->key.first];
	const char *code = fault_code_of_row(ROW_DUPLICATE_KEY);
	const char *template = message_template(message_object(column->messages), code, task->locale);
	uint32		earlier = (uint32) duplicates->states[row].earlier;
	bool		same_sheet = row_sheet(earlier) == row_sheet(duplicates->rows->sheet_rows[row]);
	MessagePlaces places = {
		.label = column->label,
		.limit = same_sheet ? psprintf("%u", row_in_sheet(earlier)) : psprintf("%u (%u)", row_in_sheet(earlier), row_sheet(earlier) + 1)
	};
	Violation	violation = {.code = code, .detail = ends[duplicates->what]};

	faults_report_row(task, duplicates->rows->sheet_rows[row], column,
					  message_make(template != NULL ? template : fault_text_of_row(ROW_DUPLICATE_KEY, task->locale), &places), &violation, rows);
}

/* Keys that were saved. Those of rows that were left out are known already. */
static void
remember(DuplicateKeys *duplicates)
{
	int			count = 0;

	for (int i = 0; i < duplicates->rows->count; i++)
		if (duplicates->states[i].has_key && !duplicates->states[i].left_out && !duplicates->states[i].refused)
			duplicates->keys[count++] = duplicates->keys[i];
	seen_keys_add(duplicates->seen, duplicates->keys, count);
}

const PacketRows *
duplicate_keys_end(DuplicateKeys *duplicates, ErrorRows *errors, ErrorRows *warnings)
{
	int		   *left = duplicates->part;
	int			count = 0;

	for (int i = 0; i < duplicates->rows->count; i++)
	{
		const KeyedRow *state = &duplicates->states[i];

		if (state->earlier == 0 || state->refused)
			continue;
		tell(duplicates, i, state->left_out && duplicates->what == DUPLICATES_ERROR ? errors : warnings);
		if (state->left_out && duplicates->what == DUPLICATES_FIRST)
			left[count++] = i;
	}
	remember(duplicates);
	return count > 0 ? packet_pick(duplicates->rows, left, count) : NULL;
}
