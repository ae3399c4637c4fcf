/*
 * installation.h
 *	  The name of this installation of the extension, xlsx_private.installation().
 */
#ifndef PG_XLSX_INSTALLATION_H
#define PG_XLSX_INSTALLATION_H

#include "pg/pg_xlsx.h"

/* A uuid as text. */
#define INSTALLATION_LENGTH 36

/*
 * The name as text, in static memory. The database is asked once for each CREATE EXTENSION that
 * the session has seen. Needs a transaction.
 */
extern const char *installation_name(void);

#endif							/* PG_XLSX_INSTALLATION_H */
