/*
 * lookup.c
 *	  Lookups of a profile.
 */
#include "validate/lookup.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "pg/nearest.h"
#include "pg/text_fold.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "utils/builtins.h"

/* Most words of an import that are compared with those of the lookup. The others get no hint. */
#define MOST_HINTS 1000

struct Lookup
{
	const Profile *profile;
	const char *query;			/* NULL: the column has no lookup */
	MemoryContext context;
	bool		known;			/* words are read */
	TextList	words;
	TextList	folded;			/* the same, as they are compared */
	int			hints;			/* so many were asked for */
};

/* Index: column of the profile. */
Lookup *
lookups_create(const Profile *profile)
{
	Lookup	   *lookups = palloc0(sizeof(Lookup) * (size_t) Max(profile->count, 1));

	for (int i = 0; i < profile->count; i++)
		lookups[i] = (Lookup) {.profile = profile,.query = profile->columns[i].lookup,.context = CurrentMemoryContext};
	return lookups;
}

/*
 * The query
 */

/* The form in which a word is compared. */
static char *
compared(const ProfileColumn *column, const char *word)
{
	return column->ignore_case ? psprintf("xlsx_private.folded(%s)", word) : pstrdup(word);
}

/* The words of a text, trimmed: columns word and place. */
static char *
words_of(const ProfileColumn *column, int number)
{
	return psprintf("(SELECT btrim(u.word) AS word, u.place FROM unnest(string_to_array(s.x%d, %s)) WITH ORDINALITY AS u (word, place)"
					" WHERE btrim(u.word) <> '')", number, quote_literal_cstr(column->multiple));
}

/* The values of all words of the batch: k, v, n. */
static char *
found_words(const ProfileColumn *column, int number, int params)
{
	char	   *words = column->multiple == NULL ? psprintf("SELECT DISTINCT %s FROM step s", compared(column, psprintf("s.x%d", number))) :
		psprintf("SELECT DISTINCT %s FROM step s CROSS JOIN LATERAL %s AS w", compared(column, "w.word"), words_of(column, number));
	char	   *key = compared(column, "q.k::text");

	return psprintf("(SELECT %s AS k, min(q.v::text) AS v, count(DISTINCT q.v::text) AS n FROM %s"
					" WHERE %s = ANY (ARRAY(%s)) GROUP BY 1)", key, params_lookup(column->lookup, params), key, words);
}

static void
append_single(StringInfo outputs, StringInfo joins, const ProfileColumn *column, int k, int params)
{
	appendStringInfo(outputs, ", CASE WHEN s.x%d IS NULL THEN NULL ELSE l%d.v END,"
					 " CASE WHEN s.x%d IS NULL THEN 1 ELSE coalesce(l%d.n, 0) END, NULL::text, s.x%d", k, k, k, k, k);
	appendStringInfo(joins, " LEFT JOIN %s AS l%d ON l%d.k = %s", found_words(column, k, params), k, k, compared(column, psprintf("s.x%d", k)));
}

/* An array of the values in the order of the words, and the first word that has not one value. */
static void
append_multiple(StringInfo steps, StringInfo outputs, StringInfo joins, const ProfileColumn *column, int k, int params)
{
	appendStringInfo(steps, ", found%d AS MATERIALIZED %s", k, found_words(column, k, params));
	appendStringInfo(outputs, ", m%d.v, m%d.n, m%d.word, s.x%d", k, k, k, k);
	appendStringInfo(joins,
					 " LEFT JOIN LATERAL (SELECT array_agg(l.v ORDER BY w.place)::text AS v,"
					 " coalesce((array_agg(coalesce(l.n, 0) ORDER BY w.place) FILTER (WHERE l.n IS DISTINCT FROM 1))[1], 1) AS n,"
					 " (array_agg(w.word ORDER BY w.place) FILTER (WHERE l.n IS DISTINCT FROM 1))[1] AS word"
					 " FROM %s AS w LEFT JOIN found%d AS l ON l.k = %s) AS m%d ON true",
					 words_of(column, k), k, compared(column, "w.word"), k);
}

void
lookup_append(StringInfo steps, StringInfo outputs, StringInfo joins, const ProfileColumn *column, int number, int params)
{
	if (column->multiple == NULL)
		append_single(outputs, joins, column, number, params);
	else
		append_multiple(steps, outputs, joins, column, number, params);
}

/*
 * Hints
 */

static void
read_words(Lookup *lookup)
{
	MemoryContext caller = MemoryContextSwitchTo(lookup->context);
	char	   *query = psprintf("SELECT DISTINCT q.k::text FROM %s WHERE q.k IS NOT NULL ORDER BY 1 LIMIT %d",
								 params_lookup(lookup->query, 1), NEAREST_MOST_WORDS + 1);
	Oid			types[] = {JSONBOID};
	Datum		values[] = {params_datum(lookup->profile)};
	SPIPlanPtr	plan = profile_sql_prepare(lookup->profile, query, lengthof(types), types);

	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the words of a lookup of profile \"%s\"", lookup->profile->name);
	MemoryContextSwitchTo(lookup->context);
	lookup->words = (TextList) {(int) SPI_processed, palloc(sizeof(char *) * (size_t) Max(SPI_processed, 1))};
	lookup->folded = (TextList) {(int) SPI_processed, palloc(sizeof(char *) * (size_t) Max(SPI_processed, 1))};
	for (int i = 0; i < lookup->words.count; i++)
	{
		lookup->words.items[i] = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		lookup->folded.items[i] = text_fold(lookup->words.items[i], strlen(lookup->words.items[i]));
	}
	lookup->known = true;
	MemoryContextSwitchTo(caller);
}

const char *
lookup_hint(Lookup *lookups, int column, const char *word)
{
	Lookup	   *lookup = &lookups[column];
	Nearest		nearest;

	if (lookup->query == NULL || word == NULL || lookup->hints++ >= MOST_HINTS)
		return NULL;
	if (!lookup->known)
		read_words(lookup);
	if (lookup->words.count > NEAREST_MOST_WORDS)
		return NULL;
	nearest_begin(&nearest, word, strlen(word));
	for (int i = 0; i < lookup->words.count; i++)
		nearest_try(&nearest, lookup->folded.items[i], strlen(lookup->folded.items[i]), i);
	return nearest.found < 0 ? NULL : nearest_hint(lookup->words.items[nearest.found]);
}
