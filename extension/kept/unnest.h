/*
 * unnest.h
 *	  Columns of checked rows as arrays, for SQL statements that unnest them.
 */
#ifndef PG_XLSX_UNNEST_H
#define PG_XLSX_UNNEST_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "profile/profile.h"

/* Element type of the column's array: text for values that wait as text, otherwise the column's type. */
extern Oid	unnest_element(const ProfileColumn *column);

/* "schema"."type", without the length that format_type would add to char and bit. */
extern char *unnest_type_name(Oid type);

/*
 * FROM item "u" over one array parameter per column of the profile, from $1 on. Its columns are
 * c0, c1, ... with the element types, and ord, the number of the row from 1. types gets the types
 * of the parameters.
 */
extern char *unnest_from(const Profile *profile, Oid *types);

/*
 * The same with b0, b1, ...: is the cell blank (CheckedValue.blank)? Only for columns of
 * unnest_is_marked; for the others a cell is blank if and only if the value is NULL. The marks
 * follow the columns; the parameters are unnest_parameters in number.
 */
extern char *unnest_from_marked(const Profile *profile, Oid *types);
extern bool unnest_is_marked(const ProfileColumn *column);
extern int	unnest_parameters(const Profile *profile);

/* All arguments of it, for rows first to last - 1. */
extern void unnest_arguments(const Profile *profile, const PacketRows *rows, int first, int last, Datum *arguments);

/* Column i of rows first to last - 1 as an array, in the current memory context. */
extern Datum unnest_array(const ProfileColumn *column, const PacketRows *rows, int first, int last, int i);

/* The same for the rows at count places. */
extern Datum unnest_array_of(const ProfileColumn *column, const PacketRows *rows, const int *places, int count, int i);

#endif							/* PG_XLSX_UNNEST_H */
