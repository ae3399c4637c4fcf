/*
 * validate_phase.h
 *	  VALIDATING: rows of the sheet become packets and error rows, or are saved at once.
 *
 * Order of calls: import_validation_create within a step, then import_validate_rows.
 */
#ifndef PG_XLSX_IMPORT_VALIDATE_PHASE_H
#define PG_XLSX_IMPORT_VALIDATE_PHASE_H

#include "pg/pg_xlsx.h"

#include "import/save_phase.h"
#include "import/read_phase.h"

typedef struct ImportValidation ImportValidation;

/*
 * Makes the validator for a sheet whose header row is known. Lets the reader, if there is one,
 * begin to judge rows. Lives in the current memory context; sheet and saving must live as long.
 */
extern ImportValidation *import_validation_create(Import *import, ImportSheet *sheet, ImportSaving *saving);

/*
 * The phase. Begins at the header row, or where an earlier attempt stopped. Ends with the sheet,
 * or when there are more errors than the task allows.
 */
extern void import_validate_rows(ImportValidation *validation);

#endif							/* PG_XLSX_IMPORT_VALIDATE_PHASE_H */
