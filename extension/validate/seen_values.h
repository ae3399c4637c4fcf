/*
 * seen_values.h
 *	  The values that a column which must be unique within the file has had so far.
 *
 * They are kept in xlsx_private.seen_value until the task has ended, so that an
 * attempt after a crash goes on with them; whoever removes the task's packets
 * removes them.  Memory holds no more than a filter of 2 MB.
 */
#ifndef PG_XLSX_SEEN_VALUES_H
#define PG_XLSX_SEEN_VALUES_H

#include "pg/pg_xlsx.h"

typedef struct SeenValues SeenValues;

typedef struct GivenValue
{
	const char *bytes;
	size_t		length;
	int32		row_number;
	int32		first_row;		/* set by seen_values_add: the row that had the value first, or this one */
} GivenValue;

/* Of a rule of a task; lives in the current memory context. */
extern SeenValues *seen_values_create(int64 task, const char *rule);

/* Takes the values of a batch, whose rows come after those of all batches before. */
extern void seen_values_add(SeenValues *seen, GivenValue *given, int count);

/* The same for values that do not count for others: first_row is that of a row before, or their own. Sees what was added in this transaction. */
extern void seen_values_find(SeenValues *seen, GivenValue *given, int count);

#endif							/* PG_XLSX_SEEN_VALUES_H */
