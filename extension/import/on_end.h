/*
 * on_end.h
 *	  The function of an application that an import calls at its end.
 */
#ifndef PG_XLSX_IMPORT_ON_END_H
#define PG_XLSX_IMPORT_ON_END_H

#include "pg/pg_xlsx.h"

#include "import/state.h"

/*
 * Within the step that has ended the task as COMPLETED or HAS_ERRORS: calls the function that the profile names with the id of
 * the task, as the role of the import, confined as all SQL of a profile (role_sql.h). Does nothing if it names none, and for a dry
 * run. An error of the function is one of the step: nothing of it is committed, and the attempt fails.
 */
extern void import_call_on_end(const Import *import);

#endif							/* PG_XLSX_IMPORT_ON_END_H */
