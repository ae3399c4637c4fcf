/*
 * sequence.h
 *	  Moves a sequence forward.
 */
#ifndef PG_XLSX_SEQUENCE_H
#define PG_XLSX_SEQUENCE_H

#include "pg/pg_xlsx.h"

/* Does a sequence count down? */
extern bool sequence_descends(Oid sequence);

/*
 * Lets the next value of a sequence come after this one, unless it does so already. Never moves it
 * back, whatever other sessions draw or set meanwhile, which setval() could. A value beyond the
 * sequence's bounds stands for the bound. As for setval(), a rollback does not undo it. Rights are
 * the caller's business.
 */
extern void sequence_pass(Oid sequence, int64 value);

#endif							/* PG_XLSX_SEQUENCE_H */
