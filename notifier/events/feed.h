/*
 * feed.h
 *	  Events on their way from the database into the rooms.
 *
 * Notifications are published as they come.  When listening was interrupted,
 * the state of every task that somebody listens to is read, under the role of
 * one who listens.
 */
#ifndef NOTIFIER_FEED_H
#define NOTIFIER_FEED_H

#include <stdint.h>

#include "db/db.h"
#include "db/pg_listen.h"

extern const PgListenHandler feed_listen_handler;

/* Asks for the state of a task, as the role sees it: the row is the event's name and its JSON. */
extern DbCall *feed_snapshot(const char *role, int64_t task, DbDone done, void *arg);

#endif							/* NOTIFIER_FEED_H */
