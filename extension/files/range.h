/*
 * range.h
 *	  Cell ranges in the form that users write them: "A2:C100", "A:C", "2:100".
 */
#ifndef PG_XLSX_RANGE_H
#define PG_XLSX_RANGE_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"

/* Reads a range. NULL and "" mean the whole sheet. Raises an error when the text is not a range. */
extern XlsxRange range_parse(const char *range);

#endif							/* PG_XLSX_RANGE_H */
