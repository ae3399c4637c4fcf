/*
 * uninstall.h
 *	  What DROP EXTENSION takes along, and what it leaves.
 *
 * Jobs of pg_cron that run our schedules are rows of another extension, so the server knows of no
 * dependency. They are removed with the extension, whatever statement drops it: DROP EXTENSION,
 * DROP SCHEMA … CASCADE or DROP OWNED. An event trigger could not do it: it would be dropped
 * before it fires. The roles belong to all databases, so they stay, and a notice says it.
 */
#ifndef PG_XLSX_UNINSTALL_H
#define PG_XLSX_UNINSTALL_H

#include "pg/pg_xlsx.h"

#include "nodes/nodes.h"

typedef struct Uninstall
{
	Oid			owner;			/* of the extension; InvalidOid: the statement cannot drop it */
	char	   *jobs;			/* statements that remove the jobs; NULL: there are none */
} Uninstall;

/* Call both around a utility statement, in its memory context. */
extern void uninstall_begin(Uninstall *uninstall, const Node *statement);
extern void uninstall_end(const Uninstall *uninstall);

#endif							/* PG_XLSX_UNINSTALL_H */
