/*
 * own_sequences.h
 *	  Sequences that fill columns of the target which an import fills itself.
 *
 * An id that a file gives must not be drawn again. So sequences pass the ids of the rows that were
 * saved, with the rights of the current role; where it has none, a note of the task says so.
 */
#ifndef PG_XLSX_SAVING_OWN_SEQUENCES_H
#define PG_XLSX_SAVING_OWN_SEQUENCES_H

#include "pg/pg_xlsx.h"

#include "kept/error_rows.h"
#include "kept/packet.h"
#include "saving/save_task.h"

typedef struct OwnSequences OwnSequences;

/* Lives in the current memory context. NULL: no column of the profile draws from a sequence. */
extern OwnSequences *own_sequences_create(const SaveTask *task);

/*
 * Before rows are saved of which some have an id and some get one: passes the ids, so that none of
 * them is drawn for another row. sequences may be NULL.
 */
extern void own_sequences_prepare(OwnSequences *sequences, const PacketRows *rows);

/* Takes in the ids of rows that were saved, those in errors apart. sequences may be NULL. */
extern void own_sequences_note(OwnSequences *sequences, const PacketRows *rows, const ErrorRows *errors);

/* Passes what was noted. Call it before the transaction of the rows ends. sequences may be NULL. */
extern void own_sequences_pass(OwnSequences *sequences);

#endif							/* PG_XLSX_SAVING_OWN_SEQUENCES_H */
