/*
 * auditors.h
 *	  Lets modules that audit statements, such as pgaudit, hear of rows that no statement inserts.
 */
#ifndef PG_XLSX_AUDITORS_H
#define PG_XLSX_AUDITORS_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * Where such a module is loaded, executes, once a transaction, an INSERT of no rows into the
 * columns that the import fills, as the current role. A module expects a statement, so its hook is
 * not called directly. *last belongs to the caller, who sets it to 0 once. Only for targets
 * without statement triggers: these would fire.
 */
extern void auditors_hear_insert(const Profile *profile, LocalTransactionId *last);

#endif							/* PG_XLSX_AUDITORS_H */
