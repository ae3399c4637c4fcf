/*
 * fault.h
 *	  The faults of a cell, and the built-in messages for them and for broken
 *	  rules.
 *
 * Messages are templates (message.h).
 */
#ifndef PG_XLSX_FAULT_H
#define PG_XLSX_FAULT_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

typedef enum CellFault
{
	FAULT_REQUIRED,
	FAULT_CELL_ERROR,			/* #N/A and its kin */
	FAULT_TEXT,					/* characters that the database cannot keep */
	FAULT_LENGTH,
	FAULT_NOT_INTEGER,
	FAULT_NOT_NUMBER,
	FAULT_NOT_BOOLEAN,
	FAULT_NOT_DATE,
	FAULT_NOT_TIMESTAMP,
	FAULT_NOT_TIME,				/* a plain number for a type of times */
	FAULT_NOT_VALID,			/* says the type's input function */
	FAULT_RANGE,
	FAULT_DIGITS,				/* more than a numeric of any size has */
	FAULT_WHOLE_DIGITS,			/* more digits than the column has before the point */
	FAULT_DECIMALS,				/* and behind it */
	FAULT_TIME_OF_DAY,			/* in a date */

	/* Of columns that are computed */
	FAULT_LOOKUP,
	FAULT_AMBIGUOUS,
	FAULT_TRANSFORM
} CellFault;

#define CELL_FAULTS (FAULT_TRANSFORM + 1)

/* Static memory. */
typedef struct FaultMessage
{
	const char *code;			/* code of the violation; several faults share one */
	const char *message;
} FaultMessage;

/* Places: {label}, {type}, {limit}, {value}. */
extern const FaultMessage *fault_message(CellFault fault);

/* The message of a broken rule. Places: {label}, {limit} (its arguments), {rule}. */
extern const FaultMessage *fault_message_of_rule(RuleKind kind);

/* Does the fault leave no text that a rule could check? */
extern bool fault_is_without_text(CellFault fault);

#endif							/* PG_XLSX_FAULT_H */
