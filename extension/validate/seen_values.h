/*
 * seen_values.h
 *	  The values so far of a column that must be unique within the file.
 *
 * They are kept in xlsx_private.seen_value until the task has ended, so that an
 * attempt after a crash continues with them. They are removed with the task's
 * packets.  Memory holds no more than a filter of 2 MB.
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

/* For a rule of a task; lives in the current memory context. */
extern SeenValues *seen_values_create(int64 task, const char *rule);

/* Adds the values of a batch, whose rows come after those of all earlier batches. */
extern void seen_values_add(SeenValues *seen, GivenValue *given, int count);

/*
 * The same for values that do not count for later rows: first_row is that of
 * an earlier row, or their own. Sees values that were added in this
 * transaction.
 */
extern void seen_values_find(SeenValues *seen, GivenValue *given, int count);

#endif							/* PG_XLSX_SEEN_VALUES_H */
