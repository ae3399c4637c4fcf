/*
 * tasks.h
 *	  The namespace of tasks: join-task, leave-task, and the events of rooms.
 *
 * Puts together socketio.h, rooms.h, db.h and pg_listen.h; each of them knows
 * none of the others.
 */
#ifndef NOTIFIER_TASKS_H
#define NOTIFIER_TASKS_H

#include "pg_listen.h"
#include "socketio.h"

/* Name it before socketio_open(). */
extern SioNamespace tasks_namespace;

extern const PgListenHandler tasks_listen_handler;

extern void tasks_open(void);

#endif							/* NOTIFIER_TASKS_H */
