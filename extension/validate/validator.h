/*
 * validator.h
 *	  Rows of a sheet -> a packet of good rows, error rows and warnings.
 *
 * Order of calls: validator_create, then batch by batch validator_begin, rows
 * until it is full, validator_end.  A batch belongs to one transaction.
 */
#ifndef PG_XLSX_VALIDATE_VALIDATOR_H
#define PG_XLSX_VALIDATE_VALIDATOR_H

#include "pg/pg_xlsx.h"

#include "check/judge.h"
#include "kept/error_rows.h"
#include "kept/packet.h"

typedef struct Validator Validator;

/* The result of a row that was judged by another process. */
typedef struct CheckedRow
{
	RowVerdict	verdict;		/* good or bad */
	bool		warned;
	PackedRow	packed;			/* of a good one; of a bad one what the plan keeps, without bytes if that is nothing */
	KeptRow		errors;			/* of a bad one */
	KeptRow		warnings;		/* of one that is warned of */
} CheckedRow;

/* Makes the validator for the rows behind cursor_row. Lives in the current memory context; *task must live as long. */
extern Validator *validator_create(const JudgeTask *task, int64 cursor_row);

/* As judge_ask. */
extern void validator_ask(Validator *validator, JudgeDecide decide, void *argument);

/* The plan by which it judges rows, whatever they need. */
extern const JudgePlan *validator_whole_plan(const Validator *validator);

/* The plan by which it judges rows, for another process; NULL if rows need this process. */
extern const JudgePlan *validator_plan(const Validator *validator);

/* The batch's rows live in the current memory context. */
extern void validator_begin(Validator *validator);
extern void validator_row(Validator *validator, const XlsxRow *row);

/* The same for a row that was judged by the validator's plan. */
extern void validator_checked_row(Validator *validator, uint32 number, const CheckedRow *row);
extern bool validator_full(const Validator *validator);

/* Notes what is to be seen in a row that an earlier attempt has dealt with. A checked row has no cells: who checked it has noted it. */
extern void validator_skip(Validator *validator, const XlsxRow *row);

/* What was seen in the rows so far that this process judged; others may be added. */
extern Sightings *validator_sightings(const Validator *validator);

/* What a batch came to. */
typedef struct ValidatedBatch
{
	bytea	   *packet;			/* good rows, valid until the next batch; NULL if there are none */
	bytea	   *bad_packet;		/* what the plan keeps of bad rows, as long; NULL if it keeps nothing or there are none */
	int			rows;			/* all of them */
	int			good;
	int			bad;			/* written to error_page */
	int			warned;			/* written to warning_page */
	uint32		last_row;		/* number of the last one in the sheet */
} ValidatedBatch;

extern void validator_end(Validator *validator, ValidatedBatch *batch);

#endif							/* PG_XLSX_VALIDATE_VALIDATOR_H */
