/*
 * lookup.h
 *	  Lookups of a profile: the part of the query that looks words up, and the
 *	  words that somebody may have meant by an unknown one.
 */
#ifndef PG_XLSX_LOOKUP_H
#define PG_XLSX_LOOKUP_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "profile/profile.h"

typedef struct Lookup Lookup;

/* The lookups of a profile by column, in the current memory context, where they keep what they read. */
extern Lookup *lookups_create(const Profile *profile);

/*
 * Adds the lookup of a column to a query over "step" AS s, whose texts of the column are x<number>. The outputs are four:
 * the value as text, how many values there are (1: as it should be), the word at fault if the column takes several, and the text.
 * params: number of the argument with the params of the import (profile/params.h).
 */
extern void lookup_append(StringInfo steps, StringInfo outputs, StringInfo joins, const ProfileColumn *column, int number, int params);

/*
 * A hint with the word that is most like an unknown one of a column, or NULL; in the current memory context. The words of the lookup are read when
 * the first hint is asked for; later rows see the same. SPI is connected, and the role of the profile's SQL is the current one.
 */
extern const char *lookup_hint(Lookup *lookups, int column, const char *word);

#endif							/* PG_XLSX_LOOKUP_H */
