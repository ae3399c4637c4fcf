/*
 * faults.h
 *	  What is wrong with the rows of a batch that the target refused, and their error rows.
 *
 * Order of calls: faults_note_... for each row at fault, in any order, then faults_report once.
 */
#ifndef PG_XLSX_SAVING_FAULTS_H
#define PG_XLSX_SAVING_FAULTS_H

#include "pg/pg_xlsx.h"

#include "kept/error_rows.h"
#include "kept/packet.h"
#include "profile/message.h"
#include "saving/save_task.h"

struct Saver;

/* Set saver and rows, and leave the rest zero. What is noted lives in the current memory context. */
typedef struct Faults
{
	struct Saver *saver;
	const PacketRows *rows;
	List	   *list;			/* of Fault, which only faults.c knows */
} Faults;

/* The server refused the row with this error. */
extern void faults_note_error(Faults *faults, int row, const ErrorData *error);

/* In a mode that does not insert: the target has no row with this key. key_column: index in the profile. */
extern void faults_note_missing(Faults *faults, int row, int key_column);

/* In a mode that inserts: the row is new, and lacks values of columns that a new row needs. */
extern void faults_note_lacking(Faults *faults, int row);

/*
 * Finds other things that are wrong with the rows, and writes their error rows in the order of
 * the sheet, with the original texts of their cells.
 */
extern void faults_report(Faults *faults, ErrorRows *errors);

/* Writes an error row or a warning about one row, apart from a batch. column: of the profile; message: without text, that of the violation. */
extern void faults_report_row(const SaveTask *task, uint32 sheet_row, const ProfileColumn *column, Message message,
							  const Violation *violation, ErrorRows *rows);

#endif							/* PG_XLSX_SAVING_FAULTS_H */
