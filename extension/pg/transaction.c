/*
 * transaction.c
 *	  Transactions of our own processes.
 */
#include "pg/transaction.h"

#include "access/xact.h"

void
transaction_start(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
}
