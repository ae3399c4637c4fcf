/*
 * text_fold.h
 *	  Texts without case and accents, for comparisons that people expect to
 *	  succeed.
 */
#ifndef PG_XLSX_TEXT_FOLD_H
#define PG_XLSX_TEXT_FOLD_H

#include "pg/pg_xlsx.h"

/*
 * Folds a text in the database's encoding: lower case, accents left out, letters with strokes and ligatures as plain
 * letters (Unicode normalization form KD, UAX #15). The result is UTF-8, in the current memory context.
 */
extern char *text_fold(const char *text, size_t length);

#endif							/* PG_XLSX_TEXT_FOLD_H */
