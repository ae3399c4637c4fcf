/*
 * check_constraints.h
 *	  The CHECK constraints of a target, asked by themselves.
 *
 * The server names the first that a row breaks; so that a person hears of all
 * of them, the others are asked when the row has been refused.  Asked are those over imported columns only, of a
 * table whose triggers do not change a row before it is checked.
 */
#ifndef PG_XLSX_CHECK_CONSTRAINTS_H
#define PG_XLSX_CHECK_CONSTRAINTS_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "profile/profile.h"

typedef struct CheckConstraints CheckConstraints;

/* In a memory context that is to hold them. */
extern CheckConstraints *check_constraints_create(const Profile *profile);

/*
 * Calls found() for each of count rows, by its place, and each constraint that it breaks.
 * column is the first of the constraint's.
 */
typedef void (*CheckConstraintFound) (void *argument, int place, const char *constraint, const ProfileColumn *column);
extern void check_constraints_ask(const CheckConstraints *checks, const PacketRows *rows, const int *places, int count,
							CheckConstraintFound found, void *argument);

#endif							/* PG_XLSX_CHECK_CONSTRAINTS_H */
