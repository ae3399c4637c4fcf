/*
 * profile.h
 *	  A stored profile, compiled against the table that it fills.
 *
 * Headers and labels are stored; types, lengths and constraints are read from
 * the catalog each time, so a table altered later is followed, or the load
 * says which column no longer fits.
 */
#ifndef PG_XLSX_PROFILE_H
#define PG_XLSX_PROFILE_H

#include "pg_xlsx.h"

#include "core/sheet.h"
#include "fmgr.h"

/* How a cell becomes a value of the column (check.c), and how the value waits in a packet. */
typedef enum ColumnClass
{
	COLUMN_TEXT,				/* text, varchar: waits as its bytes */
	COLUMN_INTEGER,				/* int2, int4, int8: waits as a datum */
	COLUMN_FLOAT,				/* float4, float8 */
	COLUMN_BOOLEAN,
	COLUMN_DATE,
	COLUMN_TIMESTAMP,			/* with and without time zone */
	COLUMN_NUMERIC,				/* waits as its bytes */
	COLUMN_OTHER				/* any type's input function; waits as text */
} ColumnClass;

typedef struct ProfileColumn
{
	char	   *header;
	char	   *label;			/* in messages: "Bio ID is required" */
	char	   *normal_header;	/* what headers are compared by */
	AttrNumber	attnum;			/* in the target */
	char	   *name;			/* of the attribute */
	Oid			type;
	int32		typmod;
	bool		required;		/* NOT NULL without default */
	ColumnClass class;
	int			max_characters; /* COLUMN_TEXT: varchar(n); -1 without limit */
	FmgrInfo	input;
	Oid			input_param;
} ProfileColumn;

typedef struct Profile
{
	int64		id;
	char	   *name;
	Oid			target;
	AttrNumber	task_attnum;	/* column for the task's id, or InvalidAttrNumber */
	Oid			task_type;
	int			count;
	ProfileColumn *columns;
} Profile;

/*
 * Loads a profile by id into the current memory context.  Raises an error
 * when it, its table or one of its columns is gone.
 */
extern Profile *profile_load(int64 id);

/* Id of the profile called name; NULL means the default one. Raises an error when there is none. *name is set. */
extern int64 profile_find(const char **name);

/*
 * Which sheet column feeds which profile column?  Fills source[] (one for
 * each column of the profile: 1-based sheet column, 0 for none) from the
 * cells of the header row.  False when a required header is missing or none
 * fits; *message is then the text for the person, as contracted.
 */
extern bool profile_map_headers(const Profile *profile, const XlsxRow *row, bool date1904, uint32 *source,
								char **message);

#endif							/* PG_XLSX_PROFILE_H */
