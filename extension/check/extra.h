/*
 * extra.h
 *	  The columns of a sheet that no column of the profile takes.
 */
#ifndef PG_XLSX_EXTRA_H
#define PG_XLSX_EXTRA_H

#include "pg/pg_xlsx.h"

#include "check/plan.h"
#include "core/sheet.h"

/* {"header": "text", ...} in the current memory context, for a plan that wants it. */
extern char *extra_json(const JudgePlan *plan, const XlsxRow *row);

#endif							/* PG_XLSX_EXTRA_H */
