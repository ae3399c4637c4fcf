/*
 * text_trim.h
 *	  White space as users of a spreadsheet understand it.
 */
#ifndef PG_XLSX_TEXT_TRIM_H
#define PG_XLSX_TEXT_TRIM_H

#include "pg/pg_xlsx.h"

/*
 * Bytes of the white space character at the start of text; 0 when there is none. White space is
 * what JavaScript's trim() removes (ECMA-262, 22.1.3.32): web frontends trim with it before they
 * check a value, and both must agree.
 */
extern int	text_space_length(const char *text, size_t length);

/* Removes white space from both ends, by changing *text and *length. */
extern void text_trim(const char **text, size_t *length);

#endif							/* PG_XLSX_TEXT_TRIM_H */
