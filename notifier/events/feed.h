/*
 * feed.h
 *	  Events on their way from the database into the rooms.
 *
 * Notifications are published as they come.  When listening was interrupted,
 * all members of all rooms wait for the state of their tasks.
 */
#ifndef NOTIFIER_FEED_H
#define NOTIFIER_FEED_H

#include "db/pg_listen.h"

extern const PgListenHandler feed_listen_handler;

#endif							/* NOTIFIER_FEED_H */
