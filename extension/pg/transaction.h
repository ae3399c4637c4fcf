/*
 * transaction.h
 *	  Transactions of our own processes, which no statement of a client begins.
 */
#ifndef PG_XLSX_TRANSACTION_H
#define PG_XLSX_TRANSACTION_H

#include "pg/pg_xlsx.h"

/*
 * StartTransactionCommand with the time of day.  PostgreSQL sets now() to the
 * start of the client's statement; a background process that does not say when
 * its own begins keeps the time of its first transaction for life.
 */
extern void transaction_start(void);

#endif							/* PG_XLSX_TRANSACTION_H */
