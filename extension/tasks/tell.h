/*
 * tell.h
 *	  The events of a running import, from whichever process sends them.
 *
 * An event is a NOTIFY, payload "<task id> <event> <JSON object>", and goes
 * out with the transaction at hand.  Where that transaction is the import's
 * and stays open, its reading process tells in its place.  Both take the
 * lock of tell_lock first and keep it until their transaction ends, so the
 * numbers of events rise in the order in which they are heard, and nothing is
 * told twice.
 */
#ifndef PG_XLSX_TELL_H
#define PG_XLSX_TELL_H

#include "pg/pg_xlsx.h"

#include "tasks/live.h"

/* The channel that xlsx.listen knows. Reads a private table; kept for the session. */
extern const char *tell_channel(void);

/* Who may tell of a task until the end of this transaction. False, without wait, where another process is at it. */
extern bool tell_lock(int64 task, bool wait);

/* Where what is told goes. */
typedef struct TellTo
{
	int64		task;
	Live	   *live;
	const char *channel;
	bool		mirror;			/* in Redis, too, where there is one */
} TellTo;

/* One event: {"taskId":..,"seq":..,<members>}; members is JSON without its braces, may be "". */
extern void tell_event(const TellTo *to, int64 seq, const char *event, const char *members);

/* Bytes that a JSON object may have: Postgres takes payloads below 8000 bytes, and the task's id and the event's name stand before it. */
#define TELL_MOST_BYTES (7999 - 64)

/* The same with the JSON object as it is. */
extern void tell_json(const TellTo *to, const char *event, const char *json);

/* Locked: the first events of a phase, unless they have been sent. */
extern void tell_phase(const TellTo *to, Phase phase);

/* Locked: all that live_state has to say and has not been said; changes within a phase only where optional ones are wanted. */
extern void tell_state(const TellTo *to, bool optional);

/* Would tell_state have something to say that cannot wait? */
extern bool tell_is_urgent(Live *live);

/* Have so many milliseconds passed since the last event? */
extern bool tell_is_due(Live *live, int interval_ms, TimestampTz now);

#endif							/* PG_XLSX_TELL_H */
