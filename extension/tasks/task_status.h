/*
 * task_status.h
 *	  The states of a task, and its phases with their share of the whole.
 */
#ifndef PG_XLSX_TASK_STATUS_H
#define PG_XLSX_TASK_STATUS_H

#include "pg/names.h"

/* What a state means to those who do not know its name. */
#define TASK_ACTIVE	1		/* it has not ended */
#define TASK_SUCCESS	2		/* it has ended, and its good rows are saved */

/* X(value, name, meaning): queue.h says which may follow which. */
#define TASK_STATUSES(X) \
	X(TASK_PENDING, "PENDING", TASK_ACTIVE) \
	X(TASK_PROCESSING, "PROCESSING", TASK_ACTIVE) \
	X(TASK_COMPLETED, "COMPLETED", TASK_SUCCESS) \
	X(TASK_HAS_ERRORS, "HAS_ERRORS", TASK_SUCCESS) \
	X(TASK_FAILED, "FAILED", 0) \
	X(TASK_CANCELLED, "CANCELLED", 0)

typedef enum TaskStatus
{
	TASK_STATUSES(NAMES_VALUE)
} TaskStatus;

/* X(value, name, event, from, to): its share of the task's percents, and the event beside task-progress when it begins, or NULL. */
#define PHASES(X) \
	X(PHASE_LOADING_WORKBOOK, "LOADING_WORKBOOK", "workbook-loading", 0, 10) \
	X(PHASE_VALIDATING_HEADERS, "VALIDATING_HEADERS", "header-validation", 10, 20) \
	X(PHASE_VALIDATING, "VALIDATING", NULL, 20, 50) \
	X(PHASE_SAVING, "SAVING", NULL, 50, 100)

typedef enum Phase
{
	PHASES(NAMES_VALUE)
} Phase;

extern const Names task_status_names;
extern const Names phase_names;

/* Bits of TASK_ACTIVE and TASK_SUCCESS. */
extern int	task_status_meaning(TaskStatus status);

/* The part of the whole task, in percent, that is done at so many percent of a phase. */
extern int	phase_job_percent(Phase phase, int percent);

/* The event of its own with which a phase begins; NULL: none. */
extern const char *phase_event(Phase phase);

#endif							/* PG_XLSX_TASK_STATUS_H */
