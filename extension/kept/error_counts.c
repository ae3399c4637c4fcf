/*
 * error_counts.c
 *	  Counts rows that were not saved and their violations, as they are stored.
 */
#include "kept/error_counts.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* The texts of a violation that are stored. The first three tell kinds of violations apart. */
enum
{
	TEXT_COLUMN,
	TEXT_CODE,
	TEXT_CONSTRAINT,
	TEXT_CELL,
	TEXT_MESSAGE,
	TEXTS,
	KEY_TEXTS = TEXT_CONSTRAINT + 1
};

static const char *const members[TEXTS] = {"column", "code", "constraint", "cell", "message"};

typedef struct Violations
{
	uint64		hash;			/* of the key; must be first */
	text	   *texts[TEXTS];	/* NULL where there is none; cell and message are those of the first row */
	int64		count;
	int32		first_row;
} Violations;

typedef struct Block
{
	int32		number;			/* must be first */
	int32		change;
} Block;

void
error_counts_init(ErrorCounts *counts, int64 task, bool warnings)
{
	HASHCTL		violations = {.keysize = sizeof(uint64),.entrysize = sizeof(Violations),.hcxt = CurrentMemoryContext};
	HASHCTL		blocks = {.keysize = sizeof(int32),.entrysize = sizeof(Block),.hcxt = CurrentMemoryContext};

	*counts = (ErrorCounts) {.task = task,.warnings = warnings};
	counts->violations = hash_create("pg_xlsx violations", 16, &violations, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	counts->blocks = hash_create("pg_xlsx error blocks", 16, &blocks, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Violations
 */

static bool
same_text(const text *stored, const JsonbValue *given)
{
	if (stored == NULL || given == NULL || given->type != jbvString)
		return stored == NULL && (given == NULL || given->type != jbvString);
	return VARSIZE_ANY_EXHDR(stored) == (Size) given->val.string.len &&
		memcmp(VARDATA_ANY(stored), given->val.string.val, (size_t) given->val.string.len) == 0;
}

static text *
text_of(const JsonbValue *value)
{
	if (value == NULL || value->type != jbvString)
		return NULL;
	return cstring_to_text_with_len(value->val.string.val, value->val.string.len);
}

static uint64
hash_of(JsonbValue *const *values, uint64 seed)
{
	uint64		hash = seed;

	for (int i = 0; i < KEY_TEXTS; i++)
	{
		bool		is_text = values[i] != NULL && values[i]->type == jbvString;

		hash = hash_combine64(hash, is_text ? hash_bytes_extended((const unsigned char *) values[i]->val.string.val,
																  values[i]->val.string.len, seed) : 1);
	}
	return hash;
}

static bool
is_kind(const Violations *kind, JsonbValue *const *values)
{
	for (int i = 0; i < KEY_TEXTS; i++)
	{
		if (!same_text(kind->texts[i], values[i]))
			return false;
	}
	return true;
}

/* Two kinds of the same hash get places of their own. */
static Violations *
find_kind(ErrorCounts *counts, JsonbValue *const *values)
{
	if (counts->last != NULL && is_kind(counts->last, values))
		return counts->last;
	for (uint64 seed = 0;; seed++)
	{
		uint64		hash = hash_of(values, seed);
		bool		found;
		Violations *kind = hash_search(counts->violations, &hash, HASH_ENTER, &found);

		if (!found)
		{
			kind->count = 0;
			kind->first_row = PG_INT32_MAX;
			for (int i = 0; i < TEXTS; i++)
				kind->texts[i] = i < KEY_TEXTS ? text_of(values[i]) : NULL;
		}
		if (!found || is_kind(kind, values))
			return kind;
	}
}

static JsonbValue *
member_of(JsonbContainer *violation, int member, JsonbValue *space)
{
	return getKeyJsonValueFromContainer(violation, members[member], (int) strlen(members[member]), space);
}

/* Rows come in order, mostly: what only the first one shows is seldom looked for. */
static void
count_violation(ErrorCounts *counts, JsonbContainer *violation, int32 row)
{
	JsonbValue	space[TEXTS];
	JsonbValue *values[KEY_TEXTS];
	Violations *kind;

	for (int i = 0; i < KEY_TEXTS; i++)
		values[i] = member_of(violation, i, &space[i]);
	kind = find_kind(counts, values);
	kind->count++;
	counts->last = kind;
	if (row < kind->first_row)
	{
		kind->first_row = row;
		for (int i = KEY_TEXTS; i < TEXTS; i++)
			kind->texts[i] = text_of(member_of(violation, i, &space[i]));
	}
}

void
error_counts_row(ErrorCounts *counts, const ReportedRow *row)
{
	bool		null;
	Datum		given = GetAttributeByNum(row->datum, 3, &null);
	Jsonb	   *violations = null ? NULL : DatumGetJsonbP(given);

	if (violations == NULL || !JB_ROOT_IS_ARRAY(violations))
		return;
	for (uint32 i = 0; i < JB_ROOT_COUNT(violations); i++)
	{
		JsonbValue *one = getIthJsonbValueFromContainer(&violations->root, i);

		if (one->type == jbvBinary && JsonContainerIsObject(one->val.binary.data))
			count_violation(counts, one->val.binary.data, row->number);
		pfree(one);
	}
}

/* A datum of an array column is a list of the kinds' members, in the order of hash_seq_search. */
static Datum
array_of(const Datum *values, const bool *nulls, int count, Oid type)
{
	int			length = count;
	int			lower = 1;
	bool		by_value = type != TEXTOID;

	return PointerGetDatum(construct_md_array((Datum *) values, (bool *) nulls, 1, &length, &lower, type,
											  type == INT4OID ? 4 : type == INT8OID ? 8 : -1,
											  type == INT8OID ? FLOAT8PASSBYVAL : by_value,
											  type == INT8OID ? TYPALIGN_DOUBLE : TYPALIGN_INT));
}

static void
store_violations(const ErrorCounts *counts)
{
	static PrivateStatement upsert = {
		"INSERT INTO xlsx_private.error_count AS c (task_id, severity, key, column_name, code, constraint_name, first_cell, message, row_count, first_row)"
		" SELECT $1, $2, md5(concat_ws(' ', octet_length(v.one), v.one, octet_length(v.two), v.two, octet_length(v.three), v.three))::uuid,"
		" v.one, v.two, v.three, v.four, v.five, v.row_count, v.first_row"
		" FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::int[]) AS v (one, two, three, four, five, row_count, first_row)"
		" ON CONFLICT (task_id, severity, key) DO UPDATE SET row_count = c.row_count + excluded.row_count,"
		" first_cell = CASE WHEN excluded.first_row < c.first_row THEN excluded.first_cell ELSE c.first_cell END,"
		" message = CASE WHEN excluded.first_row < c.first_row THEN excluded.message ELSE c.message END,"
		" first_row = least(c.first_row, excluded.first_row)",
		9, {INT8OID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT8ARRAYOID, INT4ARRAYOID}, NULL
	};
	int			count = (int) hash_get_num_entries(counts->violations);
	Datum	   *columns[TEXTS + 2];
	bool	   *nulls[TEXTS + 2];
	Datum		values[TEXTS + 4];
	HASH_SEQ_STATUS scan;
	Violations *kind;
	int			n = 0;

	if (count == 0)
		return;
	for (int i = 0; i < TEXTS + 2; i++)
	{
		columns[i] = palloc(sizeof(Datum) * (size_t) count);
		nulls[i] = palloc0((size_t) count);
	}
	hash_seq_init(&scan, counts->violations);
	while ((kind = hash_seq_search(&scan)) != NULL)
	{
		for (int i = 0; i < TEXTS; i++)
		{
			columns[i][n] = PointerGetDatum(kind->texts[i]);
			nulls[i][n] = kind->texts[i] == NULL;
		}
		columns[TEXTS][n] = Int64GetDatum(kind->count);
		columns[TEXTS + 1][n++] = Int32GetDatum(kind->first_row);
	}
	values[0] = Int64GetDatum(counts->task);
	values[1] = CStringGetTextDatum(counts->warnings ? "warning" : "error");
	for (int i = 0; i < TEXTS + 2; i++)
		values[i + 2] = array_of(columns[i], nulls[i], count, i < TEXTS ? TEXTOID : i == TEXTS ? INT8OID : INT4OID);
	private_sql_run(&upsert, values, NULL, NULL);
}

/*
 * Blocks
 */

void
error_counts_page(ErrorCounts *counts, int32 first_row, int rows)
{
	int32		number = first_row / ERROR_BLOCK_ROWS;
	bool		found;
	Block	   *block = hash_search(counts->blocks, &number, HASH_ENTER, &found);

	block->change = (found ? block->change : 0) + rows;
}

static void
store_blocks(const ErrorCounts *counts)
{
	static PrivateStatement upsert = {
		"INSERT INTO xlsx_private.error_block AS b (task_id, block, row_count)"
		" SELECT $1, v.block, v.change FROM unnest($2::int[], $3::int[]) AS v (block, change)"
		" ON CONFLICT (task_id, block) DO UPDATE SET row_count = b.row_count + excluded.row_count",
		3, {INT8OID, INT4ARRAYOID, INT4ARRAYOID}, NULL
	};
	int			count = (int) hash_get_num_entries(counts->blocks);
	Datum	   *numbers = palloc(sizeof(Datum) * (size_t) Max(count, 1));
	Datum	   *changes = palloc(sizeof(Datum) * (size_t) Max(count, 1));
	HASH_SEQ_STATUS scan;
	Block	   *block;
	int			n = 0;

	hash_seq_init(&scan, counts->blocks);
	while ((block = hash_seq_search(&scan)) != NULL)
	{
		numbers[n] = Int32GetDatum(block->number);
		changes[n++] = Int32GetDatum(block->change);
	}
	if (n > 0)
	{
		Datum		values[] = {
			Int64GetDatum(counts->task), array_of(numbers, NULL, n, INT4OID), array_of(changes, NULL, n, INT4OID)
		};

		private_sql_run(&upsert, values, NULL, NULL);
	}
}

void
error_counts_store(const ErrorCounts *counts)
{
	store_violations(counts);
	if (!counts->warnings)
		store_blocks(counts);
}
