/*
 * candidates.c
 *	  The tasks of a login that wait and are due.
 */
#include "tasks/candidates.h"

#include <time.h>

#include "catalog/pg_type.h"
#include "tables/installation.h"
#include "tables/private_sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * A look that took at least that much time of the processor serves several claims, for KEEP times
 * as long. So looks take at most a tenth of a worker's time. Time that other processes take from
 * this one does not count, so that on a busy machine claims still see what has just been submitted.
 */
#define SLOW_MS		0.5
#define KEEP		10

/* Tasks that a look returns when the one before it took long. */
#define MANY_TASKS	1024

/* Looks that are kept: at parties, by where they begin, and at the tasks of a party. */
#define PARTIES_LOOKS	8
#define MOST_LOOKS		64

typedef struct Times
{
	double		began_ms;		/* time of the processor */
	double		until_ms;		/* by the clock: the look is good until then */
	bool		slow;
} Times;

/* A look at the parties. */
typedef struct PartiesLook
{
	Times		times;
	int64		from;
	int			count;
	int64		parties[CANDIDATES_PARTIES];
} PartiesLook;

/* A look at the tasks of a party. */
typedef struct TasksLook
{
	Times		times;
	int64		party;			/* 0: free entry */
	MemoryContext context;		/* of the tasks */
	Candidate  *tasks;
	int			next;			/* the first that no claim has used */
	int			count;
	bool		cut;
} TasksLook;

static PartiesLook parties_looks[PARTIES_LOOKS];
static TasksLook looks[MOST_LOOKS];

static double
milliseconds(clockid_t clock)
{
	struct timespec now;

	(void) clock_gettime(clock, &now);
	return (double) now.tv_sec * 1000.0 + (double) now.tv_nsec / 1000000.0;
}

static void
look_begins(Times *times)
{
	times->began_ms = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void
look_ends(Times *times)
{
	double		took = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - times->began_ms;

	times->slow = took >= SLOW_MS;
	times->until_ms = times->slow ? milliseconds(CLOCK_MONOTONIC) + KEEP * took : 0;
}

static bool
still_good(const Times *times)
{
	return milliseconds(CLOCK_MONOTONIC) < times->until_ms;
}

bool
candidates_held(const HeldProfiles *held, int64 profile)
{
	if (held->all)
		return true;
	for (int i = 0; i < held->count; i++)
		if (held->profiles[i] == profile)
			return true;
	return false;
}

/*
 * Parties
 */

/* The tasks of a login that wait here, as the index has them. */
#define WAITING "FROM xlsx_private.task WHERE status = 'PENDING' AND NOT held AND home = $1::uuid AND login::oid = $2"
#define PARTY "xlsx_private.party(owner, tenant)"

static void
look_for_parties(PartiesLook *look, Oid login)
{
	static PrivateStatement select = {
		"WITH RECURSIVE found (party) AS ("
		"(SELECT " PARTY " " WAITING " AND " PARTY " >= $3 ORDER BY home, login::oid, " PARTY " LIMIT 1)"
		" UNION ALL SELECT (SELECT " PARTY " " WAITING " AND " PARTY " > found.party"
		" ORDER BY home, login::oid, " PARTY " LIMIT 1) FROM found WHERE found.party IS NOT NULL)"
		" SELECT array(SELECT party FROM found WHERE party IS NOT NULL LIMIT $4)",
		4, {TEXTOID, OIDOID, INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {
		CStringGetTextDatum(installation_name()), ObjectIdGetDatum(login), Int64GetDatum(look->from),
		Int32GetDatum(CANDIDATES_PARTIES)
	};
	PrivateRow	row;
	Datum	   *parties;

	look_begins(&look->times);
	look->count = 0;
	private_sql_run(&select, values, NULL, &row);
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &parties, NULL,
					  &look->count);
	for (int i = 0; i < look->count; i++)
		look->parties[i] = DatumGetInt64(parties[i]);
	look_ends(&look->times);
}

/* The look from this party on that is still good, or else the one to overwrite. */
static PartiesLook *
find_parties_look(int64 from, bool *good)
{
	PartiesLook *place = &parties_looks[0];

	for (int i = 0; i < PARTIES_LOOKS; i++)
	{
		PartiesLook *look = &parties_looks[i];

		*good = look->from == from && still_good(&look->times);
		if (*good)
			return look;
		if (look->times.until_ms < place->times.until_ms)
			place = look;
	}
	place->from = from;
	return place;
}

int
candidates_parties(Oid login, int64 from, int64 *parties)
{
	bool		good;
	PartiesLook *look = find_parties_look(from, &good);

	if (!good)
		look_for_parties(look, login);
	memcpy(parties, look->parties, sizeof(int64) * (size_t) look->count);
	return look->count;
}

/*
 * Tasks
 */

/* The entry of a party, or else a free one, or else the one that is out of date first. */
static TasksLook *
find_look(int64 party)
{
	TasksLook  *place = &looks[0];

	for (int i = 0; i < MOST_LOOKS; i++)
	{
		TasksLook  *look = &looks[i];

		if (look->context != NULL && look->party == party)
			return look;
		if (look->times.until_ms < place->times.until_ms)
			place = look;
	}
	if (place->context == NULL)
		place->context = AllocSetContextCreate(TopMemoryContext, "pg_xlsx candidates", ALLOCSET_SMALL_SIZES);
	place->party = party;
	place->count = place->next = 0;
	place->times = (Times) {0};
	return place;
}

static Datum
bigints(const int64 *numbers, int count)
{
	Datum	   *elements = palloc(sizeof(Datum) * (size_t) Max(count, 1));

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(numbers[i]);
	return PointerGetDatum(construct_array(elements, count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
keep_tasks(TasksLook *look, const PrivateRow *row)
{
	Datum	   *ids;
	Datum	   *profiles;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(row->values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &ids, NULL,
					  &count);
	deconstruct_array(DatumGetArrayTypeP(row->values[1]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &profiles, NULL,
					  &count);
	look->tasks = MemoryContextAlloc(look->context, sizeof(Candidate) * (size_t) count);
	for (int i = 0; i < count; i++)
		look->tasks[i] = (Candidate) {DatumGetInt64(ids[i]), DatumGetInt64(profiles[i])};
	look->count = count;
}

/*
 * A group is a profile and a priority, of tasks with a time or of those without. The first
 * members of each group are merged.
 */
static void
look_for_tasks(TasksLook *look, Oid login, const HeldProfiles *held, int most)
{
	static PrivateStatement select = {
		"WITH RECURSIVE found AS ("
		"(SELECT coalesce(profile_id, 0) AS profile, - priority::bigint AS urgency, run_at IS NOT NULL AS timed " WAITING
		" AND " PARTY " = $3 ORDER BY home, login::oid, " PARTY ", coalesce(profile_id, 0), - priority::bigint,"
		" run_at IS NOT NULL LIMIT 1)"
		" UNION ALL SELECT n.* FROM found, LATERAL (SELECT coalesce(profile_id, 0), - priority::bigint, run_at IS NOT NULL "
		WAITING " AND " PARTY " = $3 AND (coalesce(profile_id, 0), - priority::bigint, run_at IS NOT NULL)"
		" > (found.profile, found.urgency, found.timed) ORDER BY home, login::oid, " PARTY ", coalesce(profile_id, 0),"
		" - priority::bigint, run_at IS NOT NULL LIMIT 1) AS n)"
		" SELECT array_agg(id), array_agg(profile) FROM (SELECT t.id, f.profile FROM found AS f, LATERAL (SELECT id,"
		" coalesce(run_at, created_at) AS since " WAITING " AND " PARTY " = $3 AND coalesce(profile_id, 0) = f.profile"
		" AND - priority::bigint = f.urgency AND (run_at IS NOT NULL) = f.timed"
		" AND coalesce(run_at, created_at) <= CASE WHEN f.timed THEN $4 ELSE 'infinity' END"
		" ORDER BY coalesce(run_at, created_at), id LIMIT $5) AS t"
		" WHERE f.profile <> ALL ($6) ORDER BY f.urgency, t.since, t.id LIMIT $5) AS page",
		6, {TEXTOID, OIDOID, INT8OID, TIMESTAMPTZOID, INT4OID, INT8ARRAYOID}, NULL
	};
	Datum		values[] = {
		CStringGetTextDatum(installation_name()), ObjectIdGetDatum(login), Int64GetDatum(look->party),
		TimestampTzGetDatum(GetCurrentTimestamp()), Int32GetDatum(most), bigints(held->profiles, held->count)
	};
	PrivateRow	row;

	look_begins(&look->times);
	MemoryContextReset(look->context);
	look->count = look->next = 0;
	private_sql_run(&select, values, NULL, &row);
	if (!row.nulls[0])
		keep_tasks(look, &row);
	look->cut = look->count == most;
	look_ends(&look->times);
}

Candidates
candidates_of(Oid login, int64 party, const HeldProfiles *held, int most, bool fresh)
{
	TasksLook  *look = find_look(party);

	fresh = fresh || look->next == look->count || !still_good(&look->times);
	if (fresh)
		look_for_tasks(look, login, held, look->times.slow ? Max(most, MANY_TASKS) : most);
	return (Candidates) {look->tasks + look->next, look->count - look->next, look->cut, fresh};
}

void
candidates_used(int64 party, int used)
{
	find_look(party)->next += used;
}
