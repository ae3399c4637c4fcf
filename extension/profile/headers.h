/*
 * headers.h
 *	  Header texts of a sheet -> columns of a profile.
 */
#ifndef PG_XLSX_HEADERS_H
#define PG_XLSX_HEADERS_H

#include "pg/pg_xlsx.h"

#include "core/sheet.h"
#include "profile/profile.h"

/* The form in which headers are compared: lower case without spaces, "-" and "_"; in the current memory context. */
extern char *headers_normalize(const char *header);

/* A header row, matched. */
/* The most bytes of a header, in UTF-8. A longer one never matches. */
#define HEADERS_MOST_BYTES 1023

typedef struct HeaderMatch
{
	uint32	   *source;			/* by profile column: 1-based sheet column, 0 for none */
	char	  **found;			/* by profile column: the header's text, NULL for none */
	int			matched;
	bool		complete;		/* every required column has one */
	char	   *message;		/* for the user, if the row does not match; otherwise NULL */
} HeaderMatch;

/*
 * Matches the cells of a row (NULL: no row), the best match first: the
 * profile's header, then aliases, the column's name, its label, its pattern.
 * mapping, a JSON object of header -> column name ("": leave out), or NULL, has
 * priority over all of them; an unknown column in it is an error.  All memory
 * is of the current context.
 */
extern void headers_match(const Profile *profile, const char *mapping, const XlsxRow *row,
						  HeaderMatch *match);

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

/* The cells of a row by column, NULL for none: cells has room for count of them. */
extern void source_index_cells(const SourceIndex *index, const XlsxRow *row, const XlsxCell **cells, int count);

/* Header texts by position, for columns that no profile column takes: name[i] of sheet column i + 1, NULL for none. */
extern TextList headers_of_extras(const XlsxRow *row, const HeaderMatch *match, int count);

#endif							/* PG_XLSX_HEADERS_H */
