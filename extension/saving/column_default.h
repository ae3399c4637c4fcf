/*
 * column_default.h
 *	  The default of a column of the target, which a blank cell gets.
 */
#ifndef PG_XLSX_COLUMN_DEFAULT_H
#define PG_XLSX_COLUMN_DEFAULT_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* Has the column a default other than NULL that an INSERT would use? False for all columns of a view. */
extern bool column_default_exists(const Profile *profile, const ProfileColumn *column);

/* An expression of SQL with the column's type. It is evaluated anew for each row. */
extern char *column_default_sql(const Profile *profile, const ProfileColumn *column);

/*
 * What a column gets that the profile does not import: its default, or NULL where that is none or
 * is volatile, such as the next value of a sequence, which nobody may draw to look at it.
 */
extern char *column_default_unasked(Oid target, AttrNumber attnum);

/* Has the column a default that is the same for all rows, so that rows can be found by it? */
extern bool column_default_repeats(const Profile *profile, const ProfileColumn *column);

/* The sequence from which a column draws: that of its identity, or one that its default calls. InvalidOid: none. */
extern Oid	column_default_sequence(Oid target, AttrNumber attnum);

/* Must an INSERT say that a value of this column replaces one that is always generated? */
extern bool column_is_always_identity(Oid target, AttrNumber attnum);

#endif							/* PG_XLSX_COLUMN_DEFAULT_H */
