/*
 * duplicate_keys.h
 *	  Rows of a file that have the same key.
 *
 * A batch is saved in parts, in which no key comes twice. What a row with a key that has come
 * before does is the option duplicate_keys: it changes what was saved, is left out, or is refused.
 * It is always told. A row that the target refuses leaves its key free for the rows after it.
 *
 * Order of calls for a batch: duplicate_keys_begin; then duplicate_keys_next and, after the part is
 * saved, duplicate_keys_saved, until there is no part; then duplicate_keys_end.
 */
#ifndef PG_XLSX_SAVING_DUPLICATE_KEYS_H
#define PG_XLSX_SAVING_DUPLICATE_KEYS_H

#include "pg/pg_xlsx.h"

#include "kept/error_rows.h"
#include "kept/packet.h"
#include "saving/save_task.h"

typedef struct DuplicateKeys DuplicateKeys;

/*
 * Lives in the current memory context. NULL if rows with the same key need no attention, because
 * the constraints of the target refuse them. Raises an error if the mode cannot do what the
 * profile asks for, or if there is no key.
 */
extern DuplicateKeys *duplicate_keys_create(const SaveTask *task);

/* Memory of a batch comes from the current memory context, and must live until its end. */
extern void duplicate_keys_begin(DuplicateKeys *duplicates, const PacketRows *rows);

/* The next rows to save together; NULL: there are no more. */
extern const PacketRows *duplicate_keys_next(DuplicateKeys *duplicates);

/* errors: the rows of the part that were refused. */
extern void duplicate_keys_saved(DuplicateKeys *duplicates, const ErrorRows *errors);

/*
 * Writes the error rows and warnings about keys that came again. Returns the rows that were left
 * out without an error; NULL: none.
 */
extern const PacketRows *duplicate_keys_end(DuplicateKeys *duplicates, ErrorRows *errors, ErrorRows *warnings);

#endif							/* PG_XLSX_SAVING_DUPLICATE_KEYS_H */
