/*
 * undo_xids.h
 *	  The transactions that wrote the rows of a task, for xlsx.undo.
 */
#ifndef PG_XLSX_UNDO_XIDS_H
#define PG_XLSX_UNDO_XIDS_H

#include "pg/pg_xlsx.h"

/* Stores the ids of the (sub)transactions that wrote rows of a task. */
extern void undo_xids_store(int64 task, const TransactionId *xids, int count);

#endif							/* PG_XLSX_UNDO_XIDS_H */
