/*
 * absent_phase.h
 *	  What becomes of rows of the target that the file lacks, within SAVING.
 *
 * Order of calls, in the transaction that saves all rows: import_absent_begin,
 * import_absent_note for the rows of each packet, import_absent_end after the last,
 * import_absent_report.
 */
#ifndef PG_XLSX_IMPORT_ABSENT_PHASE_H
#define PG_XLSX_IMPORT_ABSENT_PHASE_H

#include "pg/pg_xlsx.h"

#include "import/state.h"
#include "kept/packet.h"
#include "saving/absent.h"
#include "saving/save_task.h"

/* The packet of bad rows that ends with a row of the sheet: its number in xlsx_private.packet. */
#define ABSENT_BAD_PACKET(last_row) (-(int32) (last_row))

/* NULL if the mode leaves such rows alone. In the import's context. */
extern Absent *import_absent_begin(Import *import, const SaveTask *task);

extern void import_absent_note(Absent *absent, const PacketRows *rows);

/*
 * Deletes, marks or counts the rows. Where there are too many of them, import->refusal says so.
 * Frees absent; NULL is fine.
 */
extern void import_absent_end(Import *import, Absent *absent);

/* Adds what a person should know of it to the notes of the task; outside of what a dry run rolls back. */
extern void import_absent_report(Import *import);

#endif							/* PG_XLSX_IMPORT_ABSENT_PHASE_H */
