/*
 * call_options.h
 *	  The arguments of the SQL function that is being called, by their names.
 *
 * A function with many options has a named and typed parameter for each. What it hands on is one JSON object, so that the functions
 * behind it take one argument, whatever the options are.
 */
#ifndef PG_XLSX_CALL_OPTIONS_H
#define PG_XLSX_CALL_OPTIONS_H

#include "pg/pg_xlsx.h"

#include "fmgr.h"
#include "utils/jsonb.h"

/*
 * The arguments from number first on that are not NULL, in the current memory context: {"sheet": "A", "header_rows": 2}. Numbers,
 * booleans, arrays and JSON are such values. Points in time are ISO texts with an offset. Other types are the texts that their output
 * functions make; those that are numbers of objects (regclass) are numbers.
 */
extern Jsonb *call_options(FunctionCallInfo fcinfo, int first);

/* The number of arguments of a function without a default, which come first. */
extern int	call_options_first(Oid function);

#endif							/* PG_XLSX_CALL_OPTIONS_H */
