/*
 * options.h
 *	  The options of profiles, of their columns, and of tasks.
 *
 * Options travel as one JSON object, by their names. The table in options.c has each of them once: what it belongs to,
 * the type of its values, and the check of a value. Whatever comes in goes through options_check, so that a name or a
 * value that does not exist is refused with the same sentence on every way in.
 */
#ifndef PG_XLSX_OPTIONS_H
#define PG_XLSX_OPTIONS_H

#include "pg/pg_xlsx.h"

#include "utils/jsonb.h"

/* What an option belongs to; an option may belong to several. */
typedef enum OptionsOf
{
	OPTIONS_PROFILE = 1,
	OPTIONS_COLUMN = 2,
	OPTIONS_TASK = 4
} OptionsOf;

/*
 * Returns options in the form in which they are kept: members in SQL's spelling, values of the types of the table
 * (a text such as "3" becomes a number where the option is one). JSON nulls are left out: they are not given. In options
 * of profiles and columns, an empty text or array becomes null where it resets the option. Raises an error (22023) for a
 * name that does not exist, for a value of another type, and for what the check of the option refuses.
 */
extern Jsonb *options_check(OptionsOf of, Jsonb *given);

/*
 * The same for options of a task from a form: names in camelCase or as in SQL, all values texts, empty texts not given.
 * given is NULL, or JSON.
 */
extern Jsonb *options_of_form(Jsonb *given);

/* The text of an option; NULL: it is not given. options: NULL, or the text of a JSON object. */
extern char *options_text(const char *options, const char *name);

/* The same with a JSON object; for a value of any type. */
extern char *options_member(Jsonb *options, const char *name);

#endif							/* PG_XLSX_OPTIONS_H */
