/*
 * events.h
 *	  The events of a running import, from whichever process sends them.
 *
 * An event is a NOTIFY with the payload "<task id> <event> <JSON object>".  It
 * goes out when the current transaction commits.  Where an import keeps its transaction
 * open for long, its reading process sends the events instead.  Both take
 * events_lock() first and keep it until their transaction ends.  So the
 * numbers of events rise in the order in which listeners receive them, and no event is
 * sent twice.
 */
#ifndef PG_XLSX_EVENTS_H
#define PG_XLSX_EVENTS_H

#include "pg/pg_xlsx.h"

#include "tasks/live.h"

/* The channel that xlsx.listen listens on. Reads a private table once per session. */
extern const char *events_channel(void);

/*
 * The right to send events of a task, until this transaction ends.  wait: waits for the process
 * that has it; otherwise returns false at once when another process has it.
 */
extern bool events_lock(int64 task, bool wait);

/* Where events go. */
typedef struct EventsTo
{
	int64		task;
	Live	   *live;
	const char *channel;
	bool		mirror;			/* also to Redis, when pg_xlsx.redis_url is set */

	/*
	 * Only when the transaction commits is NOTIFY called. A transaction with a NOTIFY cannot be
	 * prepared; one with a late event can, and then the event is not sent.
	 */
	bool		late;
} EventsTo;

/* Sends one event: {"taskId":..,"seq":..,<members>}. members is JSON without its braces, and may be "". */
extern void events_send(const EventsTo *to, int64 seq, const char *event, const char *members);

/* The most bytes of a payload: PostgreSQL accepts payloads below 8000 bytes. */
#define EVENTS_PAYLOAD_BYTES 7999

/* The most bytes of the JSON object: the task's id and the event's name come before it. */
#define EVENTS_MOST_BYTES (EVENTS_PAYLOAD_BYTES - 64)

/*
 * Tells the listeners, on the second channel, that a task has entered the queue. It is no event of the task, and
 * is left out while the NOTIFY queue of the server is crowded.
 */
extern void events_say_queued(int64 task);

/* Sends one event with the JSON object as it is. */
extern void events_send_json(const EventsTo *to, const char *event, const char *json);

/* Under events_lock(): the first events of a phase, unless they have been sent. */
extern void events_send_phase(const EventsTo *to, Phase phase);

/* Under events_lock(): what live_state() reports and no event has said yet. optional: also changes within a phase. */
extern void events_send_state(const EventsTo *to, bool optional);

/* Would events_send_state() send an event that must not wait? */
extern bool events_are_urgent(Live *live);

/* Have that many milliseconds passed since the last event? */
extern bool events_are_due(Live *live, int interval_ms, TimestampTz now);

#endif							/* PG_XLSX_EVENTS_H */
