/*
 * save.h
 *	  Checked rows into the target table, a batch at a time.
 *
 * Two ways: straight into the heap, as COPY does, where a plan probe shows
 * that the target is a plain table (save_direct.c); else INSERT ... SELECT
 * FROM unnest(...) through SPI, which is right for whatever PostgreSQL or an
 * extension lets one insert into (save_unnest.c).  Modes that look for rows
 * with the same key go by save_keyed.c.
 *
 * A bad row never fails its batch: the batch is tried in a subtransaction,
 * and after a failure the rows at fault are found (by looking each row up
 * before it is inserted, else by halving) and become error rows with one of
 * the codes unique, foreign_key, check, not_null, exclusion, not_found, rejected.
 * Errors that are no row's fault (no space, no rights, deadlock, ...) are raised.
 */
#ifndef PG_XLSX_SAVE_H
#define PG_XLSX_SAVE_H

#include "pg/pg_xlsx.h"

#include "kept/error_rows.h"
#include "kept/packet.h"
#include "profile/profile.h"

typedef struct Saver Saver;

/* What became of rows that were saved. */
typedef struct SaveCounts
{
	int64		inserted;
	int64		updated;
	int64		unchanged;		/* found, and equal already */
	int64		skipped;		/* left out, and no error: by mode skip, a BEFORE or INSTEAD OF trigger, a rule, a policy */
} SaveCounts;

/*
 * What stands in a cell of the sheet that the rows come from, for the error of a row that is refused: in the current
 * memory context, NULL for a blank cell.  column is 1-based, 0: none.  Rows are asked for in their order.
 */
typedef char *(*SaveOriginal) (void *argument, uint32 row, uint32 column);

/* What a saver is made for. */
typedef struct SaveTask
{
	Profile    *profile;
	int64		task;
	SaveMode	mode;
	const uint32 *source;		/* sheet column of each profile column, 0: none */
	bool		undo;			/* keep what xlsx.undo needs */
	SaveOriginal original;
	void	   *originals;		/* its argument */
} SaveTask;

/*
 * Raises an error where the current role may not do with the target what the
 * mode does; all: nor take from the sequences of the target's defaults.
 */
extern void save_require_rights(const SaveTask *task);
extern void save_require_all_rights(const SaveTask *task);

/* Lives in the current memory context, for many batches and transactions; checks the rights. */
extern Saver *saver_create(const SaveTask *task);

/*
 * Saves rows in the current transaction; what it needs meanwhile goes to the
 * current memory context.  Returns how many were saved (inserted, updated or
 * unchanged) and adds to *counts what became of all that are no error; the others are in errors.
 */
extern int	saver_save(Saver *saver, const PacketRows *rows, SaveCounts *counts, ErrorRows *errors);

/* Empties the target, for MODE_REPLACE. Returns how many rows it had. */
extern int64 saver_empty(Saver *saver);

/*
 * For imports in one transaction: leaves the indexes of the target to
 * saver_index, where the way is the direct one and late_index_suspend does
 * not object, with removed and added as it takes them.  Whether the profile
 * wants it is for the caller to know.
 */
extern bool saver_index_later(Saver *saver, int64 removed, int64 added);
extern void saver_index(Saver *saver);

/*
 * Can no row reach another server?  If one can, that server commits by
 * itself, and what this one loses in a crash would be there twice: commits must not be put off.  Ask after each saver_save.
 */
extern bool saver_is_local(const Saver *saver);

/* Does the mode look for rows with the same key? */
extern bool save_is_keyed(SaveMode mode);

/* "direct", "unnest" or "keyed" */
extern const char *saver_method(const Saver *saver);

/* What a way reports of rows first to last - 1. */
typedef struct SaveOutcome
{
	SaveCounts	counts;
	bool		careful;		/* it threw before: take time to know the row at fault */
	int			failed;			/* when it threw: the row at fault, or only its likeliest one (SaveProbe.row_by_row); -1 when it is not known */
	int			key_column;		/* of the profile: what save_keyed looked for, the first of several */
	bool	   *bad;			/* by row, from the start of the batch; save_fitting and save_keyed mark rows here */
} SaveOutcome;

/* For the ways: saves rows first to last - 1. Throws. */
typedef struct SaveMethod
{
	const char *name;
	void	   *(*create) (const SaveTask *task);
	void		(*save) (void *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome);

	/*
	 * Saves, one by one, the rows that are not marked bad already and break
	 * neither NOT NULL nor a check nor a unique or exclusion constraint, and
	 * marks the others.  NULL where the way cannot tell.
	 */
	void		(*save_fitting) (void *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome);
} SaveMethod;

extern const SaveMethod save_direct;
extern const SaveMethod save_unnest;
extern const SaveMethod save_keyed;

/* The statement of save_unnest; the probe plans it. types gets one array type per column, then the task's. */
extern char *save_unnest_statement(const Profile *profile, Oid *types);

/* Column i of "u" as it goes into the target: with its type, and the column's default for NULL. */
extern void save_unnest_source(StringInfo sql, const Profile *profile, int i);

/*
 * "(columns) SELECT values" of an INSERT from "u": all columns as by save_unnest_source, and the task's id where the
 * profile wants it, as the parameter after theirs.
 */
extern char *save_unnest_select(const Profile *profile);

/*
 * Marks the rows whose foreign keys point to nothing, as far as the current
 * role may look (saving/references.c).
 */
extern void save_mark_orphans(const Profile *profile, const PacketRows *rows, bool *bad);

/* Has the target a foreign key to itself?  Then a row may have to wait for another of its batch. */
extern bool save_refers_to_itself(const Profile *profile);

/* Keeps the ids of the (sub)transactions that wrote rows of a task, for xlsx.undo. */
extern void save_note_xids(int64 task, const TransactionId *xids, int count);

#endif							/* PG_XLSX_SAVE_H */
