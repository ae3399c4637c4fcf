/*
 * seen_keys.h
 *	  The keys of the rows of a task so far, to recognize one that comes again.
 *
 * A key is a hash of 64 bits. Keys are written to xlsx_private.seen_key with the batch, in its
 * transaction, so an attempt after a crash continues with them, and a rollback takes them back.
 * They are removed with the task's packets. Memory holds filters only, of 4 bytes a key, which
 * recognize most new keys; where they do not, the stored keys are read.
 */
#ifndef PG_XLSX_SEEN_KEYS_H
#define PG_XLSX_SEEN_KEYS_H

#include "pg/pg_xlsx.h"

typedef struct SeenKeys SeenKeys;

typedef struct SeenKeyOf
{
	uint64		hash;
	int32		row_number;		/* of the sheet */
	int32		earlier;		/* set by seen_keys_find: the row that was added last with this key; 0: none */
} SeenKeyOf;

/* For a task, in the current memory context. */
extern SeenKeys *seen_keys_create(int64 task);

/* Temporary memory comes from the current memory context. */
extern void seen_keys_find(SeenKeys *seen, SeenKeyOf *keys, int count);
extern void seen_keys_add(SeenKeys *seen, const SeenKeyOf *keys, int count);

#endif							/* PG_XLSX_SEEN_KEYS_H */
