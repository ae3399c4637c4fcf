/*
 * check_constraints.h
 *	  The CHECK constraints of a target, asked without inserting a row.
 *
 * The server reports only the first constraint that a row breaks. To report all of them, the
 * others are asked once the row has been refused. Only constraints over imported columns are
 * asked, and only of a table whose triggers do not change a row before it is checked.
 */
#ifndef PG_XLSX_CHECK_CONSTRAINTS_H
#define PG_XLSX_CHECK_CONSTRAINTS_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "profile/profile.h"

typedef struct CheckConstraints CheckConstraints;

/* Lives in the current memory context. */
extern CheckConstraints *check_constraints_create(const Profile *profile);

/*
 * Calls found() for each constraint that one of the count rows at these places breaks. column:
 * the first column of the constraint.
 */
typedef void (*CheckConstraintFound) (void *argument, int place, const char *constraint, const ProfileColumn *column);
extern void check_constraints_ask(const CheckConstraints *checks, const PacketRows *rows, const int *places, int count,
							CheckConstraintFound found, void *argument);

#endif							/* PG_XLSX_CHECK_CONSTRAINTS_H */
