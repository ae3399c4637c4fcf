/*
 * feed.h
 *	  Passes events from the database to the rooms.
 *
 * Notifications are published as they arrive. After an interruption of
 * listening, all members of all rooms wait for the state of their tasks.
 */
#ifndef NOTIFIER_FEED_H
#define NOTIFIER_FEED_H

#include "db/pg_listen.h"

extern const PgListenHandler feed_listen_handler;

#endif							/* NOTIFIER_FEED_H */
