/*
 * cell.h
 *	  One cell against one column: the exact value, or what is wrong with it.
 *
 * The target column is the type; nothing is guessed.  What does not fit
 * exactly is a violation: never NULL, never clamped, never rounded.  What
 * each type takes is documented in docs/values.md.
 */
#ifndef PG_XLSX_CHECK_CELL_H
#define PG_XLSX_CHECK_CELL_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* A value in the form in which it waits in a packet (ColumnClass). */
typedef struct CheckedValue
{
	bool		null;
	Datum		datum;			/* classes that wait as a datum; COLUMN_NUMERIC: pointer to the varlena */
	const char *text;			/* COLUMN_TEXT, COLUMN_OTHER: server encoding, not terminated */
	size_t		length;
} CheckedValue;

/* All texts are static or live in the current memory context; detail and hint may be NULL. */
typedef struct Violation
{
	const char *code;			/* required, type, range, length, exactness, cell_error, text; and see saver.h */
	char	   *message;
	char	   *detail;
	char	   *hint;
	char	   *constraint;		/* of the target, or the name of the profile's rule; or NULL */
	const char *sqlstate;		/* what the server called it, or NULL */
} Violation;

/*
 * Checks a cell (NULL: blank).  True with *value, which may point into the
 * cell or the current memory context; false with *violation.
 */
extern bool check_cell(ProfileColumn *column, const XlsxCell *cell, bool date1904, CheckedValue *value,
					   Violation *violation);

/*
 * The same for a process without a transaction or the import's settings, in
 * a database whose encoding is UTF-8.  False with a code of NULL where the
 * catalog, the time zone or an input function would have to be asked.
 */
extern bool check_cell_alone(ProfileColumn *column, const XlsxCell *cell, bool date1904, CheckedValue *value,
							 Violation *violation);

/*
 * What SQL of a profile sees of a cell (NULL: blank): its text, trimmed where
 * the profile says so; NULL when it is blank or one of the column's null tokens, or no text that a database can keep.
 */
extern char *check_text(const ProfileColumn *column, const XlsxCell *cell, bool date1904);

/* The cell's original value in the server's encoding for people to see, NULL for a blank one. */
extern char *check_original(const XlsxCell *cell, bool date1904);

/* The same, not terminated, in the cell or the current memory context. */
extern const char *check_original_bytes(const XlsxCell *cell, bool date1904, size_t *length);

#endif							/* PG_XLSX_CHECK_CELL_H */
