/*
 * profile_check.h
 *	  Checks a loaded profile again before it is used.
 *
 * A profile is checked when it is written, by other code and under other settings,
 * perhaps by another version, and a restore brings unchecked rows. So this module
 * checks everything that an import relies on: the number of a rule's arguments,
 * that each text of SQL is one expression or one query, that a column can be
 * filled.
 */
#ifndef PG_XLSX_PROFILE_CHECK_H
#define PG_XLSX_PROFILE_CHECK_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* Raises an error that says what is wrong with the profile. Its SQL is read, not run. */
extern void profile_check(const Profile *profile);

/* Raises an error about a profile that is not valid. detail: a sentence, in the current memory context. */
extern void profile_refuse(const char *name, const char *detail) __attribute__((noreturn));

#endif							/* PG_XLSX_PROFILE_CHECK_H */
