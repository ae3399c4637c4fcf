/*
 * save.h
 *	  Checked rows into the target table, a batch at a time.
 *
 * Two ways: straight into the heap, as COPY does, where a plan probe shows
 * that the target is a plain table (save_direct.c); else INSERT ... SELECT
 * FROM unnest(...) through SPI, which is right for whatever PostgreSQL or an
 * extension lets one insert into (save_unnest.c).
 *
 * A bad row never fails its batch: the batch is tried in a subtransaction,
 * and after a failure the rows at fault are found (by looking each row up
 * before it is inserted, else by halving) and become error rows with one of
 * the codes unique, foreign_key, check, not_null, exclusion, rejected.
 * Errors that are no row's fault (no space, no rights, deadlock, ...) are raised.
 */
#ifndef PG_XLSX_SAVE_H
#define PG_XLSX_SAVE_H

#include "pg_xlsx.h"

#include "error_rows.h"
#include "packet.h"
#include "profile.h"

typedef struct Saver Saver;

/* Lives in the current memory context, for many batches and transactions; checks the right to INSERT. */
extern Saver *saver_create(Profile *profile, int64 task);

/*
 * Saves rows in the current transaction; what it needs meanwhile goes to the
 * current memory context.  source: sheet column of each profile column, for
 * the cells of error rows.  Returns how many were saved; the others are in errors.
 */
extern int	saver_save(Saver *saver, const PacketRows *rows, const uint32 *source, ErrorRows *errors);

/* "direct" or "unnest" */
extern const char *saver_method(const Saver *saver);

/*
 * For the two ways: saves rows first to last - 1.  Throws; *failed is then the
 * index of the row at fault, or stays -1 when it is not known.
 */
typedef struct SaveMethod
{
	const char *name;
	void	   *(*create) (const Profile *profile, int64 task);
	void		(*save) (void *state, const PacketRows *rows, int first, int last, int *failed);

	/*
	 * Saves the rows that break neither NOT NULL nor a check nor a unique or
	 * exclusion constraint, one by one, and marks the others in bad[row].
	 * NULL where the method cannot tell.
	 */
	void		(*save_fitting) (void *state, const PacketRows *rows, int first, int last, bool *bad, int *failed);
} SaveMethod;

extern const SaveMethod save_direct;
extern const SaveMethod save_unnest;

/* Value of a column that waits as text (COLUMN_OTHER), through its input function. */
extern Datum save_input(const ProfileColumn *column, Datum waiting);

/* The statement of save_unnest; the probe plans it. types gets one array type per column, then the task's. */
extern char *save_unnest_statement(const Profile *profile, Oid *types);

#endif							/* PG_XLSX_SAVE_H */
