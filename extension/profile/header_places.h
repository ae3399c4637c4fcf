/*
 * header_places.h
 *	  Columns of a sheet that are found by their place, not by a header.
 */
#ifndef PG_XLSX_HEADER_PLACES_H
#define PG_XLSX_HEADER_PLACES_H

#include "pg/pg_xlsx.h"

#include "profile/headers.h"

/*
 * Gives the columns of the sheet that have no header in a matched row to the columns of the profile that
 * xlsx.discover names by their places (header_position).
 */
extern void header_places_unnamed(const Profile *profile, const XlsxRange *range, HeaderMatch *match);

/*
 * Matches a sheet without a header row. A column of the profile says its place in the mapping, in its header
 * or an alias ("C", or "3" for the third column of the range), or by the name that xlsx.discover gave it. If
 * none does, the columns of the profile are those of the range in their order.
 */
extern void header_places_all(const Profile *profile, const char *mapping, const XlsxRange *range, HeaderMatch *match);

/* Does every column of the profile that takes a cell have a name by its place? Then its sheet has no header row. */
extern bool header_places_only(const Profile *profile);

#endif							/* PG_XLSX_HEADER_PLACES_H */
