/*
 * webhooks.h
 *	  Events of tasks that other servers are told of.
 */
#ifndef PG_XLSX_WEBHOOKS_H
#define PG_XLSX_WEBHOOKS_H

#include "pg/pg_xlsx.h"

/*
 * Writes a delivery for each address of the task's profile, in the current transaction. data: the event as JSON. Sidecars
 * send them after the commit (install/webhooks.sql).
 */
extern void webhooks_write(int64 task, const char *event, const char *data);

#endif							/* PG_XLSX_WEBHOOKS_H */
