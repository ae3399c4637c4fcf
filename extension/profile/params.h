/*
 * params.h
 *	  What a submitter says of one import: a JSON object, which SQL of the profile finds as "params".
 *
 * params ->> 'project' stands in transformations, lookups, rules and stop_at. Where the SQL sees the
 * row, a column of the profile that is called params has the name, and the object has none.
 */
#ifndef PG_XLSX_PARAMS_H
#define PG_XLSX_PARAMS_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

#define PARAMS_NAME "params"

/* Most bytes of the object as text. */
#define PARAMS_MAX_BYTES 8192

/* Raises an error (22023) unless it is a JSON object that is not too long. NULL passes. */
extern void params_check(const char *params);

/* The object as jsonb, in the current memory context; without one, an empty one. */
extern Datum params_datum(const Profile *profile);

/*
 * The text of a member, in the current memory context; NULL: it is missing or null. Numbers and
 * booleans are as JSON has them, objects and arrays are JSON.
 */
extern char *params_text(const Profile *profile, const char *name);

/* The name of the object in SQL that sees the row, as "params" or as a name that nobody writes. */
extern const char *params_name(const Profile *profile);

/* A FROM item over the query of a lookup, with the columns k and v, in which params is argument number N. */
extern char *params_lookup(const char *query, int argument);

#endif							/* PG_XLSX_PARAMS_H */
