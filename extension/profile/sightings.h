/*
 * sightings.h
 *	  What the rows of a sheet show besides the values that are imported: columns that hold values and go nowhere,
 *	  and rows that look like totals.
 *
 * It has no pointers, so that another process can send it as it is.
 */
#ifndef PG_XLSX_SIGHTINGS_H
#define PG_XLSX_SIGHTINGS_H

#include "pg/pg_xlsx.h"

#include "core/sheet.h"

/* As many as Excel has. Columns beyond are not noted. */
#define SIGHTED_COLUMNS 16384

/* The first rows that look like totals. */
#define SIGHTED_TOTALS 5

/* Bytes of the longest word for a total. */
#define SIGHTED_WORD 20

typedef struct Sightings
{
	uint8		filled[SIGHTED_COLUMNS];	/* by sheet column - 1: a column that no column of the profile takes holds a value */
	int			total_count;
	uint32		totals[SIGHTED_TOTALS]; /* numbers of rows, rising */
	char		words[SIGHTED_TOTALS][SIGHTED_WORD + 1];	/* their first cells */
} Sightings;

/* Notes the column of a cell unless the cell is blank. */
extern void sightings_note(Sightings *sightings, const XlsxCell *cell);

/* A cell of a column that nobody takes. */
static inline void
sightings_cell(Sightings *sightings, const XlsxCell *cell)
{
	if (cell->column <= SIGHTED_COLUMNS && sightings->filled[cell->column - 1] == 0)
		sightings_note(sightings, cell);
}

/* Notes the row if its first cell with a value is a word for "total". */
extern void sightings_row(Sightings *sightings, const XlsxRow *row);

/* Adds what another has seen. */
extern void sightings_add(Sightings *sightings, const Sightings *other);

/* {"code": "total_row", "row": 8, "message": "…"}, …, others (of the same form, or ""), in the current memory context. */
extern char *sightings_notes(const Sightings *sightings, const char *others);

#endif							/* PG_XLSX_SIGHTINGS_H */
