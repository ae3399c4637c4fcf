/*
 * rows_state.h
 *	  The state of SheetRows, which rows.c and rows_header.c share.
 */
#ifndef PG_XLSX_ROWS_STATE_H
#define PG_XLSX_ROWS_STATE_H

#include "pg/pg_xlsx.h"

#include "pg/row_number.h"
#include "core/layout.h"
#include "reading/row_filter.h"
#include "reading/rows.h"

/* A row read ahead, in memory of its own. */
typedef struct HeldRow
{
	MemoryContext context;
	XlsxRow		row;
} HeldRow;

/* Where the data end, besides with the sheet or the range. */
typedef struct RowsEnd
{
	bool		at_blank;
	text	   *pattern;		/* of the first cell of a row, or NULL */
	bool		has_begun;		/* the header row is known */
	uint32		last;			/* the row before; 0: none since has_begun */
	uint32		stopped;		/* first row that was left out; 0: none */
	uint32		below;			/* a row below the table, which was read ahead; 0: none */
} RowsEnd;

/* Several sheets: each is read by rows of its own, one after the other. */
typedef struct Following
{
	RowsOptions options;
	int			count;			/* of the sheets; 0: there is only this one */
	size_t		indexes[MOST_TASK_SHEETS];	/* of all of them */
	int			at;				/* the one at hand */
	SheetRows  *rows;			/* of it; NULL: the first, which is read by this */
	const Profile *profile;		/* NULL: headers are not looked for */
	HeaderRow	where;
	const char *mapping;
	const uint32 *source;		/* columns of the first */
} Following;

struct SheetRows
{
	XlsxBook   *book;			/* NULL with a reader */
	size_t		index;
	XlsxSheet  *sheet;
	Reader	   *reader;			/* or NULL */
	bool		checks;			/* it judges rows */
	const ReaderSheet *read;	/* its sheet */
	XlsxRange	range;
	XlsxRange	columns;		/* of it, those that can have headers */
	RowFilter  *filter;			/* NULL: rows are read as they are */
	XlsxLayout	layout;			/* merged ranges, where the headers take several rows */
	RowsEnd		end;			/* of the data */
	SheetTable	table;			/* of Excel; its last row is 0 if none is believed */
	XlsxCell   *cells;			/* of the row at hand, when the range cuts columns off */
	uint32		capacity;
	XlsxRow		row;
	int			skip_end;
	int			header_rows;	/* rows that the headers take, from 1 on */
	HeldRow		ahead[HEADER_ROW_SEARCH];	/* the first rows, which were read to find the headers */
	int			ahead_count;
	int			ahead_at;		/* the next of them to return */
	bool		ahead_read;
	bool		from_ahead;		/* the row at hand is one of them */
	HeldRow    *held;			/* a ring of skip_end + 1 rows */
	Following	following;		/* the sheets after this one */
	XlsxRow		numbered;		/* the row at hand, where it is one of theirs */
	int			held_first;
	int			held_count;
};

/* Reads the next row of the range that is not blank; NULL at the end. */
extern const XlsxRow *rows_read_on(SheetRows *rows);

/* Copies a row into held, whose memory is a child of parent. */
extern void rows_hold(HeldRow *held, const XlsxRow *row, MemoryContext parent);

#endif							/* PG_XLSX_ROWS_STATE_H */
