/*
 * header_lines.h
 *	  Headers that take more than one row of a sheet.
 */
#ifndef PG_XLSX_HEADER_LINES_H
#define PG_XLSX_HEADER_LINES_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "core/sheet.h"
#include "profile/words.h"

/*
 * One row of texts: those of a column from top to bottom, as "Address / City". A text above others is that of its group. It
 * also counts for the columns of its merged range; if none of the rows has a merged range, for the columns to its right, up to the next
 * text of its row, where the row below has a text. A text that is there twice counts once. One row is returned as it is. In the current
 * memory context.
 */
extern const XlsxRow *header_lines_join(const XlsxRow *const *rows, int count, const XlsxRange *merges, size_t merge_count);

#endif							/* PG_XLSX_HEADER_LINES_H */
