/*
 * headers.h
 *	  Header texts of a sheet -> columns of a profile.
 */
#ifndef PG_XLSX_HEADERS_H
#define PG_XLSX_HEADERS_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "core/sheet.h"
#include "profile/header_forms.h"
#include "profile/profile.h"
#include "profile/sightings.h"

/* The most bytes of a header, in UTF-8. A longer one never matches. */
#define HEADERS_MOST_BYTES 1023

/* A header of the row, in the order of the sheet. */
typedef struct FoundHeader
{
	uint32		column;			/* of the sheet, from 1 */
	char	   *text;			/* never blank */
	char	   *forms[HEADER_FORMS];	/* NULL: not made yet */
	bool		taken;			/* by a column of the profile, or by the mapping */
	bool		left_out;		/* by the mapping: no column takes it */
} FoundHeader;

/* A header row, matched. */
typedef struct HeaderMatch
{
	uint32	   *source;			/* by profile column: 1-based sheet column, 0 for none */
	char	  **found;			/* by profile column: the header's text, NULL for none */
	int			matched;		/* columns with a header */
	int			placed;			/* columns without one that are matched by their place */
	bool		complete;		/* every required column has one of both */
	char	   *unknown;		/* a header of the mapping that the row does not have, or NULL */
	char	   *message;		/* for the user, if the row does not match; otherwise NULL */
	FoundHeader *headers;
	int			header_count;

	/* Set by rows_find_header (reading/rows.h). */
	uint32		row;			/* first row of the headers; 0: there is none */
	uint32		last_row;		/* last row of them */
	uint32		fitting_row;	/* if the row does not match: another one that does; else 0 */
} HeaderMatch;

/*
 * Matches the cells of a row within the columns of range (NULL: no row), the best match first: the
 * profile's header, then aliases, the column's name, its label; all of them in one form before the next
 * (header_forms.h); then its pattern. A column of the sheet without a header belongs to the column that
 * xlsx.discover names by its place. mapping, a JSON object of header -> column name ("": leave out), or
 * NULL, has priority over all of them; an unknown column in it is an error.  All memory is of the current
 * context.
 */
extern void headers_match(const Profile *profile, const char *mapping, const XlsxRow *row, const XlsxRange *range,
						  HeaderMatch *match);

/*
 * The same of a sheet without a header row: columns by their letters or numbers (header_places.h). The keys of
 * mapping are letters or numbers then.
 */
extern void headers_place(const Profile *profile, const char *mapping, const XlsxRange *range, HeaderMatch *match);

/* Maps sheet columns back to profile columns. */
typedef struct SourceIndex
{
	uint32		last;			/* the greatest sheet column that feeds a column */
	int		   *columns;		/* by 1-based sheet column up to last: the column that it feeds, -1: none */
} SourceIndex;

/* From the sheet columns of count columns, 0 for none; in the current memory context. */
extern void source_index_create(SourceIndex *index, const uint32 *source, int count);

/* The column that a 1-based sheet column feeds, -1 for none. */
static inline int
source_index_column(const SourceIndex *index, uint32 at)
{
	return at <= index->last ? index->columns[at] : -1;
}

/* The cells of a row by column, NULL for none: cells has room for count of them. All others are noted in sightings. */
extern void source_index_cells(const SourceIndex *index, const XlsxRow *row, const XlsxCell **cells, int count,
							   Sightings *sightings);

/* Header texts by position, for columns that no profile column takes: name[i] of sheet column i + 1, NULL for none. */
extern TextList headers_of_extras(const HeaderMatch *match, int count);

#endif							/* PG_XLSX_HEADERS_H */
