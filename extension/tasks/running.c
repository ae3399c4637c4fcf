/*
 * running.c
 *	  Tasks that are PROCESSING, and what they and the rules of xlsx.queue let start.
 */
#include "tasks/running.h"

#include "catalog/pg_type.h"
#include "tables/installation.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "tasks/slots.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A task that was PROCESSING at the last look. */
typedef struct Processing
{
	int64		id;
	Oid			login;
	int64		party;
	bool		offered;		/* as a lost task, to a claim of this process */
} Processing;

static MemoryContext life = NULL;	/* of the array */
static Processing *known = NULL;
static int	known_count = 0;

QueueRules
running_rules(void)
{
	static PrivateStatement select = {
		"SELECT coalesce(bool_or(paused OR max_tasks IS NOT NULL), false), coalesce(bool_or(max_tasks IS NOT NULL), false),"
		" coalesce(bool_or(preferred), false) FROM xlsx_private.queue_rule", 0, {0}, NULL
	};
	PrivateRow	row;

	private_sql_run(&select, NULL, NULL, &row);
	return (QueueRules) {DatumGetBool(row.values[0]), DatumGetBool(row.values[1]), DatumGetBool(row.values[2])};
}

static void
keep_known(const PrivateRow *row)
{
	Datum	   *columns[3];
	static const Oid types[] = {INT8OID, OIDOID, INT8OID};

	for (int i = 0; i < (int) lengthof(types); i++)
		deconstruct_array(DatumGetArrayTypeP(row->values[i]), types[i], types[i] == OIDOID ? (int) sizeof(Oid) : 8,
						  types[i] == OIDOID ? true : FLOAT8PASSBYVAL, types[i] == OIDOID ? TYPALIGN_INT : TYPALIGN_DOUBLE,
						  &columns[i], NULL, &known_count);
	known = MemoryContextAlloc(life, sizeof(Processing) * (size_t) known_count);
	for (int i = 0; i < known_count; i++)
		known[i] = (Processing) {
			DatumGetInt64(columns[0][i]), DatumGetObjectId(columns[1][i]), DatumGetInt64(columns[2][i]), false
		};
}

void
running_look(void)
{
	static PrivateStatement select = {
		"SELECT array_agg(id ORDER BY id), array_agg(login::oid ORDER BY id), array_agg(xlsx_private.party(owner, tenant) ORDER BY id)"
		" FROM xlsx_private.task WHERE status = 'PROCESSING' AND (set_size IS NULL OR atomic) AND home = $1::uuid", 1, {TEXTOID}, NULL
	};
	static uint64 seen = 0;
	static bool looked = false;
	uint64		lost = slots_lost();
	Datum		values[1];
	PrivateRow	row;

	if (looked && dispatch_shared() && lost == seen)
		return;
	if (life == NULL)
		life = AllocSetContextCreate(TopMemoryContext, "pg_xlsx running tasks", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(life);
	known_count = 0;
	looked = false;
	values[0] = CStringGetTextDatum(installation_name());
	private_sql_run(&select, values, NULL, &row);
	if (!row.nulls[0])
		keep_known(&row);
	seen = lost;
	looked = true;
}

/* What is known to be PROCESSING, and what workers are at: an array of bigint. */
static Datum
running_ids(void)
{
	int64		at[SLOTS];
	int			count = slots_tasks(at);
	Datum	   *ids = palloc(sizeof(Datum) * (size_t) (known_count + count + 1));

	for (int i = 0; i < known_count; i++)
		ids[i] = Int64GetDatum(known[i].id);
	for (int i = 0; i < count; i++)
		ids[known_count + i] = Int64GetDatum(at[i]);
	return PointerGetDatum(construct_array(ids, known_count + count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

HeldProfiles
running_held(Oid owner, bool *limited)
{
	static PrivateStatement select = {
		"WITH running AS MATERIALIZED (SELECT coalesce(profile_id, 0) AS profile_id, owner::oid AS role FROM xlsx_private.task"
		" WHERE id = ANY ($2) AND status = 'PROCESSING' AND home = $3::uuid)"
		" SELECT array_agg(coalesce(r.profile_id, 0)), coalesce(bool_or(NOT r.paused), false) FROM xlsx_private.queue_rule r"
		" WHERE coalesce(r.role::oid, 0) = ANY (ARRAY[0::oid, $1])"
		" AND (r.paused OR r.max_tasks <= (SELECT count(*) FROM running n WHERE (r.profile_id IS NULL OR r.profile_id = n.profile_id)"
		" AND (r.role IS NULL OR r.role::oid = n.role)))",
		3, {OIDOID, INT8ARRAYOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		ObjectIdGetDatum(owner), running_ids(), CStringGetTextDatum(installation_name())
	};
	HeldProfiles held = {0};
	PrivateRow	row;
	Datum	   *elements;
	int64	   *profiles;

	private_sql_run(&select, values, NULL, &row);
	*limited = DatumGetBool(row.values[1]);
	if (row.nulls[0])
		return held;
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, NULL,
					  &held.count);
	profiles = palloc(sizeof(int64) * (size_t) held.count);
	for (int i = 0; i < held.count; i++)
	{
		profiles[i] = DatumGetInt64(elements[i]);
		held.all = held.all || profiles[i] == 0;
	}
	held.profiles = profiles;
	return held;
}

int
running_lost(Oid login, LostTask **tasks)
{
	int			count = 0;

	*tasks = palloc(sizeof(LostTask) * (size_t) Max(known_count, 1));
	for (int i = 0; i < known_count; i++)
	{
		if (known[i].login != login || known[i].offered || slots_signal(known[i].id, 0))
			continue;
		known[i].offered = true;
		(*tasks)[count++] = (LostTask) {known[i].id, known[i].party};
	}
	return count;
}
