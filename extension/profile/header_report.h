/*
 * header_report.h
 *	  What a matched header row leaves open: missing columns, headers that nobody takes, headers that are there twice.
 *
 * All texts are in the current memory context.
 */
#ifndef PG_XLSX_HEADER_REPORT_H
#define PG_XLSX_HEADER_REPORT_H

#include "pg/pg_xlsx.h"

#include "profile/headers.h"

/* "Invalid headers. Expected: …. Received: …" */
extern char *header_report_message(const Profile *profile, const HeaderMatch *match);

/* What does not agree, as sentences; NULL if all does. row: number of the header row, 0: none. */
extern char *header_report_detail(const Profile *profile, const HeaderMatch *match, HeaderCheck check, const char *sheet,
								  uint32 row);

/* Does the row agree with the profile as the check demands? A match with a message never does. */
extern bool header_report_passes(const Profile *profile, const HeaderMatch *match, HeaderCheck check);

/* [{"column": "amount_eur", "header": "Amount Eur", "required": false, "nearest": "amount"}]; nearest is null where none is near. */
extern char *header_report_missing(const Profile *profile, const HeaderMatch *match);

/*
 * [{"header": "Amount", "col": "B"}] within the columns of range. filled, by sheet column, up to count: it holds values in rows below the
 * header row. Such a column without a header has the header null.
 */
extern char *header_report_unused(const Profile *profile, const HeaderMatch *match, const XlsxRange *range,
								  const uint8 *filled, uint32 count);

/* [{"header": "Name", "cols": ["A", "C"]}] */
extern char *header_report_duplicates(const HeaderMatch *match);

#endif							/* PG_XLSX_HEADER_REPORT_H */
