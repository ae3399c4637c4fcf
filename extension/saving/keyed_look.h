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

/*
 * The rows of a batch: c0, c1, ... by profile column, with their types (below domains where a blank
 * cell is not the default), b0, b1, ... of unnest_is_marked, d0, d1, ... of keyed_has_own_form, and
 * ord from 1. Sets types of unnest_parameters() from the profile.
 */
extern char *keyed_rows(const Profile *profile, const SaveKey *key, Oid *types);

/*
 * Does the key compute with a column whose NULL in c0, c1, ... does not stand for its default?
 * Then it computes with d0, d1, ....
 */
extern bool keyed_has_own_form(const Profile *profile, const SaveKey *key, int i);

/* Adds what the key computes of the rows of such a query "given": k0, k1, ... for the parts that are no columns, and keyed. */
extern char *keyed_given(const SaveTask *task, const SaveKey *key, const char *given);

/* Does the statement ask for keyed, because the index of the key may leave rows out? */
extern bool keyed_has_outside(const SaveTask *task, const SaveKey *key);

/* The value of a part of the key in such a row "g". */
extern char *keyed_part_value(const SaveKey *key, int part);

/*
 * Has such a row "g" a key? One with NULL is another one each time, unless the index says
 * otherwise, and a row that the index would not have has none.
 */
extern char *keyed_has_key(const SaveTask *task, const SaveKey *key);

/* Which row of the target "t" has the key of a row of "g". */
extern char *keyed_same_key(const KeyedState *state);

/*
 * Appends "WITH given, twice, looked". Sets state->types from the profile. match is that of
 * keyed_same_key; differs the condition on which "t" is to be updated from "g"; lacks the one on
 * which "g" cannot become a new row.
 */
extern void keyed_look(StringInfo sql, KeyedState *state, const char *target, const char *match, const char *differs, const char *lacks);

#endif							/* PG_XLSX_KEYED_LOOK_H */
