/*
 * save_task.h
 *	  What to save, and where to.
 */
#ifndef PG_XLSX_SAVE_TASK_H
#define PG_XLSX_SAVE_TASK_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * Returns the text of a cell of the sheet, for the error row of a refused row. Allocated in the
 * current memory context; NULL for a blank cell. column is 1-based; 0: none. shows, number: as in
 * originals_text. Rows are requested in ascending order.
 */
typedef char *(*SaveOriginal) (void *argument, uint32 row, uint32 column, bool shows, bool *number);

/* The caller owns it. It must live as long as the saver that is made for it (saver_create). */
typedef struct SaveTask
{
	Profile    *profile;
	int64		task;
	const char *locale;			/* of messages; NULL: none */
	SaveMode	mode;
	const uint32 *source;		/* sheet column of each profile column, 0: none */
	bool		undo;			/* keep what xlsx.undo needs */
	bool		keep_rows;		/* keep what became of each row */
	bool		keep_changes;	/* with keep_rows: old and new values of the columns that changed */
	SaveOriginal original;
	void	   *originals;		/* its argument */
} SaveTask;

#endif							/* PG_XLSX_SAVE_TASK_H */
