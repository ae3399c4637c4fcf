/*
 * options.h
 *	  Options of an import, as users give them. An unknown value is refused
 *	  with a sentence, on every way in.
 */
#ifndef PG_XLSX_OPTIONS_H
#define PG_XLSX_OPTIONS_H

#include "pg/pg_xlsx.h"

#include "fmgr.h"

/* Each raises an error (22023) unless the value exists; NULL is accepted. */
extern void options_check_header_row(const char *header_row);	/* first, auto, or the number of a row */
extern void options_check_mapping(const char *mapping); /* JSON object of header -> column name */
extern void options_check_max_errors(int64 max_errors); /* 0 or more */


/* Is this stop_at an SQL expression? NULL is none. */
extern bool options_is_stop_expression(const char *stop_at);

/*
 * Options that replace those of a profile, as a JSON object with the members of xlsx_private.reading; NULL passes.  The second
 * makes it from arguments of a function, from argument first on, in their order there; NULL where none is given.
 */
extern void options_check_reading(const char *reading);
extern char *options_reading(FunctionCallInfo fcinfo, int first);

/* The text of an option in such an object; NULL: it is not given. */
extern char *options_of_reading(const char *reading, const char *name);

extern void options_check_date_order(const char *date_order);	/* this and the following: also "" */
extern void options_check_decimal(const char *decimal);
extern void options_check_time_zone(const char *time_zone); /* a name that the server knows */

#endif							/* PG_XLSX_OPTIONS_H */
