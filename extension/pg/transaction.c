/*
 * transaction.c
 *	  Begins transactions of our own processes.
 */
#include "pg/transaction.h"

#include "access/xact.h"

void
transaction_start(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
}
