/*
 * keyed_look.h
 *	  How a key finds rows of the target: the first parts of the statement that saves by key.
 */
#ifndef PG_XLSX_KEYED_LOOK_H
#define PG_XLSX_KEYED_LOOK_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "saving/keyed.h"

/*
 * "t.a OPERATOR(pg_catalog.=) g.c1": the equality operator of the type, independent of
 * search_path. A type without one is compared as text, where as_text allows it.
 */
extern char *keyed_equality(const ProfileColumn *column, int i, bool as_text);

/* Which row of the target "t" has the key of a row of "g". */
extern char *keyed_same_key(const KeyedState *state);

/* Adds what the key computes of the rows of a query "given" with columns c0, c1, ...: k0, k1, ... by part, and keyed. */
extern char *keyed_given(const KeyedState *state, const char *given);

/* Does the statement ask for keyed, because the index of the key may leave rows out? */
extern bool keyed_has_outside(const KeyedState *state);

/*
 * Appends "WITH given, twice, looked". Sets state->types from the profile. match is that of
 * keyed_same_key; differs the condition on which "t" is to be updated from "g".
 */
extern void keyed_look(StringInfo sql, KeyedState *state, const char *target, const char *match, const char *differs);

#endif							/* PG_XLSX_KEYED_LOOK_H */
