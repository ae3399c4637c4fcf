/*
 * transaction.h
 *	  Begins transactions of our own processes, which no statement of a client begins.
 */
#ifndef PG_XLSX_TRANSACTION_H
#define PG_XLSX_TRANSACTION_H

#include "pg/pg_xlsx.h"

/*
 * StartTransactionCommand, with the current time. PostgreSQL sets now() to the start of the
 * client's statement. A background process that does not set that time keeps the time of its
 * first transaction forever.
 */
extern void transaction_start(void);

#endif							/* PG_XLSX_TRANSACTION_H */
