/*
 * stop_rule.c
 *	  Where the data of a sheet end, by an SQL expression of the profile.
 */
#include "validate/stop_rule.h"

#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "lib/stringinfo.h"
#include "profile/headers.h"
#include "profile/option_checks.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "utils/builtins.h"

struct StopRule
{
	const Profile *profile;
	SPIPlanPtr	plan;
	SourceIndex sources;
	const XlsxCell **cells;		/* of the row at hand, by column */
	Datum	   *values;
	char	   *nulls;
	Sightings  *ignored;
	bool		says;
};

StopRule *
stop_rule_create(const JudgeTask *task)
{
	const Profile *profile = task->profile;
	size_t		count = (size_t) profile->count;
	Oid		   *types = palloc(sizeof(Oid) * (count + 1));
	StringInfoData columns;
	StopRule   *rule;

	if (!option_is_stop_expression(profile->stop_at))
		return NULL;
	rule = palloc0(sizeof(StopRule));
	rule->profile = profile;
	source_index_create(&rule->sources, task->source, profile->count);
	rule->cells = palloc0(sizeof(XlsxCell *) * count);
	rule->values = palloc0(sizeof(Datum) * (count + 1));
	rule->nulls = palloc0(count + 2);
	rule->ignored = palloc0(sizeof(Sightings));
	initStringInfo(&columns);
	for (int i = 0; i < profile->count; i++)
	{
		types[i] = TEXTOID;
		appendStringInfo(&columns, "%s$%d::text AS %s", i > 0 ? ", " : "", i + 1, quote_identifier(profile->columns[i].name));
	}
	appendStringInfo(&columns, "%s$%d::jsonb AS %s", profile->count > 0 ? ", " : "", profile->count + 1, params_name(profile));
	types[count] = JSONBOID;
	rule->values[count] = params_datum(profile);
	rule->nulls[count] = ' ';
	rule->plan = profile_sql_prepare(profile, psprintf("SELECT coalesce((%s\n), false) FROM (SELECT %s) AS " PROFILE_SQL_ROW,
													   profile->stop_at, columns.data), profile->count + 1, types);
	return rule;
}

static void
ask(void *argument)
{
	StopRule   *rule = argument;
	bool		null;

	SPI_connect();
	if (SPI_execute_plan(rule->plan, rule->values, rule->nulls, true, 2) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not find the end of the data");
	rule->says = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null)) && !null;
	SPI_finish();
}

bool
stop_rule_says(StopRule *rule, const XlsxRow *row)
{
	ErrorData  *error;

	source_index_cells(&rule->sources, row, rule->cells, rule->profile->count, rule->ignored);
	for (int i = 0; i < rule->profile->count; i++)
	{
		char	   *text = check_original(rule->cells[i], true);

		rule->nulls[i] = text == NULL ? 'n' : ' ';
		rule->values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
	}
	rule->says = false;
	error = profile_sql_try(rule->profile, ask, rule);
	if (error != NULL)
		ReThrowError(error);
	return rule->says;
}
