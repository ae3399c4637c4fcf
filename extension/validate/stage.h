/*
 * stage.h
 *	  A batch of rows on its way from cells to a packet, for profiles that do
 *	  more than take cells as they are.
 *
 * Order: compute (transformations and lookups, by one query for the batch),
 * types (check.h), rules of cells, then of rows and across rows (again
 * by queries for the batch).  A row with a violation becomes an error row; rules of
 * severity "warning" leave it in the packet and note a warning.
 *
 * Each looks at every row, whatever has been found wrong with it before, so that all errors of a row are told:
 * but for what cannot be asked, since it is about a value that is not there (ValueState).
 */
#ifndef PG_XLSX_STAGE_H
#define PG_XLSX_STAGE_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"
#include "kept/error_rows.h"
#include "kept/packet.h"
#include "nodes/pg_list.h"
#include "profile/profile.h"

/* What is the same for all rows of a task. */
typedef struct StageTask
{
	const Profile *profile;
	int64		id;
	const char *file_name;
	const char *locale;			/* of messages; NULL: none */
	bool		date1904;
	const uint32 *source;		/* sheet column of each profile column, 0 for none */
	TextList	extras;			/* header of each sheet column that no profile column takes; NULL for others */
} StageTask;

typedef struct StageViolation
{
	int			column;			/* of the profile, -1: the row */
	bool		warning;
	Violation	violation;
} StageViolation;

/* What is known of a row in a column. */
typedef enum ValueState
{
	VALUE_GOOD,
	VALUE_MISFIT,				/* its text is there, but is no value of the column, or breaks a rule */
	VALUE_UNKNOWN				/* there is not even a text: a lookup found nothing, a cell holds an error, ... */
} ValueState;

typedef struct StageRow
{
	uint32		number;
	XlsxCell   *cells;			/* by profile column; XLSX_BLANK where there is none */
	char	  **texts;			/* by profile column: what SQL sees, NULL for blank; then what was computed */
	char	   *extra;			/* JSON object, NULL where nobody asks for it */
	ValueState *states;			/* by profile column */
	List	   *violations;		/* of StageViolation */
	bool		bad;			/* one of them is an error */
} StageRow;

typedef struct Stage Stage;

/* Lives in the current memory context, which must outlast its batches. */
extern Stage *stage_create(const StageTask *task);

/*
 * One batch, in one transaction: begin, then rows and, after any of them, end, which lets go
 * the rows that are in.  They are copied to the current memory context.
 */
extern void stage_begin(Stage *stage);
extern void stage_add(Stage *stage, const XlsxRow *row);
extern bool stage_full(const Stage *stage);
extern void stage_end(Stage *stage, PacketWriter *packet, ErrorRows *errors, ErrorRows *warnings);

/* What a person sees in the cell of a profile column, in the current memory context; NULL: blank. */
extern char *stage_original(const StageTask *task, const StageRow *row, int column);

/*
 * The profile's own text for a violation (message_own), about columns of a row: {label}, {value} and {cell} are
 * those of all of them, with ", " between.  name stands for the label where there is no column.
 */
extern char *stage_words(const StageTask *task, const StageRow *row, const int *columns, int count, const char *name,
						 const char *messages, const char *code);

/* Adds a violation to a row; it is copied. */
extern void stage_violate(StageRow *row, int column, bool warning, const Violation *violation);

#endif							/* PG_XLSX_STAGE_H */
