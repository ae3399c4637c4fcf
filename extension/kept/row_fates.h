/*
 * row_fates.h
 *	  What became of the rows of one batch, row by row, for imports that keep it.
 *
 * Order of calls: row_fates_begin for each batch; while its rows are saved, row_fates_clear for
 * rows that are tried, and the members of a fate for those that succeeded; row_pages_add
 * (row_pages.h) at the end.
 */
#ifndef PG_XLSX_ROW_FATES_H
#define PG_XLSX_ROW_FATES_H

#include "pg/pg_xlsx.h"

#include "profile/words.h"

/* Texts are JSON in RowFates.context; NULL: there is none. */
typedef struct RowFate
{
	RowAction	action;			/* ROW_NONE: the row was refused */
	char	   *returned;		/* object of the columns to return, or of the key */
	char	   *old;			/* object of the columns that changed, before */
	char	   *new;			/* the same after */
} RowFate;

typedef struct RowFates
{
	MemoryContext context;		/* of the texts; reset by row_fates_begin */
	RowFate    *rows;			/* by row of the batch */
	int			count;
} RowFates;

extern void row_fates_init(RowFates *fates, MemoryContext parent);

/* Forgets the batch before. All rows are ROW_NONE. */
extern void row_fates_begin(RowFates *fates, int count);

/* fates NULL: nothing is kept. */
extern void row_fates_clear(RowFates *fates, int first, int last);

/* Sets the action of rows first to last - 1. fates NULL: nothing is kept. */
extern void row_fates_set(RowFates *fates, int first, int last, RowAction action);

/* How many of rows first to last - 1 have this action? */
extern int	row_fates_count(const RowFates *fates, int first, int last, RowAction action);

/* A copy of a text that lives as long as the batch. */
extern char *row_fates_copy(RowFates *fates, const char *text, Size length);

extern char *row_fates_text(RowFates *fates, Datum text);

#endif							/* PG_XLSX_ROW_FATES_H */
