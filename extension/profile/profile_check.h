/*
 * profile_check.h
 *	  A profile that was loaded is looked at again before it is used.
 *
 * What people write is checked when they write it, by other code and under
 * other settings, perhaps by another version, and a restore brings rows that
 * nobody checked.  So whatever the import takes for granted is asked here: how many
 * arguments a rule has, that each text of SQL is one expression or one query,
 * that a column can be filled.
 */
#ifndef PG_XLSX_PROFILE_CHECK_H
#define PG_XLSX_PROFILE_CHECK_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* Raises an error that says what is wrong with the profile. Its SQL is read, not run. */
extern void profile_check(const Profile *profile);

/* An error that says of a profile what cannot be so. detail: a sentence, of the current memory context. */
extern void profile_refuse(const char *name, const char *detail) __attribute__((noreturn));

#endif							/* PG_XLSX_PROFILE_CHECK_H */
