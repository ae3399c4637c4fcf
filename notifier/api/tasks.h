/*
 * tasks.h
 *	  The namespace of tasks: join-task and leave-task, and the events of the rooms joined.
 *
 * Puts together socketio.h, rooms.h and feed.h; each of them knows none of the
 * others, except that the feed knows the rooms.
 */
#ifndef NOTIFIER_TASKS_H
#define NOTIFIER_TASKS_H

#include "socketio/socketio.h"

/* Call it before socketio_open(). */
extern SioNamespace tasks_namespace;

extern void tasks_open(void);

#endif							/* NOTIFIER_TASKS_H */
