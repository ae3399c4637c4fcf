/*
 * row_message.h
 *	  A row with its cells in a message of the reader (ReaderRow in reader.h).
 */
#ifndef PG_XLSX_ROW_MESSAGE_H
#define PG_XLSX_ROW_MESSAGE_H

#include "pg/pg_xlsx.h"

#include "core/sheet.h"
#include "lib/stringinfo.h"

/* Bytes of the row in a message; text_bytes: those of the texts of its cells. */
extern Size row_message_bytes(const XlsxRow *row, Size text_bytes);

/* Appends the row, unchecked. */
extern void row_message_cells(StringInfo message, const XlsxRow *row, Size text_bytes);

/* The next item begins at a multiple of 8 bytes. */
extern void row_message_pad(StringInfo message);

#endif							/* PG_XLSX_ROW_MESSAGE_H */
