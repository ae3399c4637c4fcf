/*
 * range.h
 *	  Cell ranges as people write them: "A2:C100", "A:C", "2:100".
 */
#ifndef PG_XLSX_RANGE_H
#define PG_XLSX_RANGE_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"

/* The range; NULL and "" are the whole sheet. Raises an error when the text is none. */
extern XlsxRange range_parse(const char *range);

#endif							/* PG_XLSX_RANGE_H */
