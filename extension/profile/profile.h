/*
 * profile.h
 *	  A stored profile, compiled against the table that it fills.
 *
 * Headers and labels are stored; types, lengths and constraints are read from
 * the catalog each time, so later changes of the table count, or loading says
 * which column no longer fits.
 */
#ifndef PG_XLSX_PROFILE_H
#define PG_XLSX_PROFILE_H

#include "pg/pg_xlsx.h"

#include "core/sheet.h"
#include "fmgr.h"
#include "profile/header_forms.h"
#include "profile/words.h"

/* How a cell becomes a value of the column (check/cell.c), and how the value waits in a packet. */
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

/* What a transformation can ask about its cell. Its name means a column of the profile that is called so. */
#define CELL_KIND			1	/* kind: text, number, date, boolean, error, blank */
#define CELL_NUMBER_FORMAT	2	/* number_format: the code */
#define CELL_RAW			4	/* raw: as it stands in the file */
#define CELL_FACTS			3	/* so many */

extern const char *const profile_cell_facts[CELL_FACTS];	/* their names */

/* Texts in the database's encoding. */
typedef struct TextList
{
	int			count;
	char	  **items;
} TextList;

typedef struct ProfileColumn
{
	char	   *header;
	char	   *label;			/* in messages: "Bio ID is required" */
	TextList	forms[HEADER_FORMS];	/* what headers are compared with, the best match first: header, aliases, name, label */
	char	   *pattern;		/* regular expression for headers, or NULL */
	ColumnSource source;
	char	   *param;			/* SOURCE_PARAM: name of the member of params */
	char	   *default_value;	/* for blank cells, or NULL */
	BlankCells	blank_cells;	/* what they do */
	char	   *clear_token;	/* a text that is NULL, whatever blank_cells is; NULL: none */
	char	   *transform;		/* SQL expression, or NULL */
	int			sees;			/* CELL_KIND, …: what the transformation asks about its cell, besides the text */
	char	   *lookup;			/* query, or NULL */
	char	   *multiple;		/* separates the words of a cell that are looked up, or NULL */
	char	   *split;			/* separates the elements of an array in a cell, or NULL */
	bool		ignore_case;	/* words of lookups, enums and rules one_of are compared without case and accents */
	TextList	null_tokens;	/* texts that mean blank */
	bool		trim;
	char	   *messages;		/* JSON object of own texts by code */
	char	   *date_order;		/* how texts are read; this and the next three: NULL for the profile's */
	char	   *decimal;
	char	   *time_zone;
	char	   *format;			/* of dates (date_form.h), or NULL */
	Rounding	rounding;
	AttrNumber	attnum;			/* in the target */
	char	   *name;			/* of the attribute */
	Oid			type;
	int32		typmod;
	bool		not_null;		/* in the target */
	bool		has_default;	/* the target has a value for it, or makes one */
	bool		demanded;		/* a blank cell is an error, because the profile says so */
	bool		required;		/* a cell without a value is an error at once; this and the next two are of the mode (saving/demand.h) */
	bool		needs_header;	/* the sheet must have the column */
	bool		asked_late;		/* a row without a value is an error when it turns out to be new */
	ColumnClass class;
	ColumnClass base;			/* the same of the type below domains */
	bool		shows;			/* it takes a number as its format shows it, because it is a text or an enum */
	int			max_characters; /* COLUMN_TEXT: varchar(n); -1 without limit */
	Oid			element_type;	/* of an array: type of its elements, below domains; InvalidOid: it is none */
	ColumnClass element;		/* class of them */
	TextList	labels;			/* of an enum, in its order; of domains over one, none */
	FmgrInfo	input;
	Oid			input_param;
} ProfileColumn;

typedef struct ProfileRule
{
	char	   *name;
	RuleKind	kind;
	int			column;			/* index in the profile, -1: the row */
	TextList	argument;
	bool		warning;
	char	   *messages;		/* JSON object of own texts by locale; "" is the one without */
} ProfileRule;

typedef struct Profile
{
	char	   *name;
	Oid			owner;
	const char *params;			/* of the import, a JSON object (params.h); the user of the profile sets it, NULL at first: none */
	bool		confined;		/* its SQL runs confined (role_sql.h); the user of the profile sets it, false at first */
	Oid			target;
	AttrNumber	task_attnum;	/* column for the task's id, or InvalidAttrNumber */
	Oid			task_type;
	SaveMode	mode;			/* of imports that do not say it */
	char	   *sheet;			/* as xlsx.alter_profile has it; NULL: the first one */
	char	   *header_row;		/* first, auto, or a number */
	char	   *range;			/* NULL: all */
	int			skip_end;		/* rows to leave out at the end */
	char	   *locale;			/* NULL: none */
	int64		max_errors;		/* -1: any number */
	bool		keep_old;		/* for xlsx.undo */
	char	   *on_end;			/* function to call at the end of an import, or NULL */
	bool		tells;			/* webhooks tell other servers of the end of a task */
	bool		keep_rows;		/* what became of each row */
	bool		keep_changes;	/* with keep_rows: old and new values of changed columns */
	TextList	returning;		/* with keep_rows: columns of the target to keep for each row; empty: those of the key */
	char	   *date_order;		/* this and the next two: NULL: not declared */
	char	   *decimal;
	char	   *time_zone;
	NoValue		no_value;
	bool		by_name;		/* the target is the table that bears its name */
	char	   *target_name;	/* qualified, when the profile was loaded */
	char	   *target_word;	/* how the target differs from when the profile was last used, or NULL */
	LateIndex	late_index;
	HeaderCheck header_check;
	int			header_rows;	/* rows that the headers take, from 1 on */
	bool		fill_merged;
	bool		skip_hidden;
	char	   *stop_at;		/* NULL: the data end with the sheet */
	char	   *sheets;			/* pattern of the sheets that are read one after the other, or NULL */
	char	   *scope;			/* SQL condition on rows of the target that mode sync takes the file for; NULL: all of them */
	char	   *absent;			/* as in absent_options.h, this and the next; NULL: delete, no limit */
	char	   *max_absent;
	bool		allow_empty;	/* an empty sheet may empty the target or the scope */
	char	   *delete_when;	/* SQL expression over the texts of a row: it deletes its row; NULL: none does */
	TextList	key;			/* columns and expressions (unique_key.h) */
	char	   *key_index;		/* name of an index, or NULL; without both: the primary key */
	Duplicates	duplicates;		/* DUPLICATES_BY_MODE: not declared */
	TextList	updates;		/* columns that an update changes; empty: all but the key */
	bool		only_updates;	/* no row is inserted (demand.h) */
	int			count;
	ProfileColumn *columns;
	int			rule_count;
	ProfileRule *rules;
} Profile;

/*
 * Loads a profile by id into the current memory context, as it is now.  Raises
 * an error if it, its table or one of its columns is missing, or if it is not
 * valid (profile_check.h). Its SQL may be any role's: see profile_trusts().
 */
extern Profile *profile_load(int64 id);

/*
 * The same in its form at a submission (profile/frozen.h). options: a JSON object of options that replace those of
 * the profile, or NULL. It is also an error
 * if the profile holds SQL of a role that the current role need not trust.
 */
extern Profile *profile_load_frozen(int64 id, const char *options);

/* How cells become values of a type. */
extern ColumnClass profile_class_of(Oid type);

/* Fills in how cells become values of a type: type, typmod, class, max_characters, input. */
extern void profile_compile_type(ProfileColumn *column, Oid type, int32 typmod);

/* Id of the profile called name; NULL means the default one. Raises an error if there is none. *name is set. */
extern int64 profile_find(const char **name);

/* Index of the column called name, -1 if there is none. */
extern int	profile_column_index(const Profile *profile, const char *name);

/* Is the column computed by SQL, a transformation or a lookup? */
extern bool profile_computes(const ProfileColumn *column);

/* Do expressions see the sheet's other columns? Only if no column of the profile is called "extra". */
extern bool profile_sees_extra(const Profile *profile);

/* Other rules are on whole rows, or across the rows of a file. */
extern bool rule_is_on_cell(RuleKind kind);

#endif							/* PG_XLSX_PROFILE_H */
