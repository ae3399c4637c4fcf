/*
 * row_rule.c
 *	  A rule on a whole row by itself.
 */
#include "validate/row_rule.h"

#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "nodes/nodeFuncs.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "tables/role_sql.h"
#include "utils/builtins.h"
#include "utils/plancache.h"

char *
row_rule_columns(const Profile *profile)
{
	StringInfoData columns;

	initStringInfo(&columns);
	for (int i = 0; i < profile->count; i++)
		appendStringInfo(&columns, "CAST(u.c%d AS %s) AS %s, ", i, unnest_type_name(profile->columns[i].type),
						 quote_identifier(profile->columns[i].name));
	appendStringInfo(&columns, "u.ord AS \"$ord\", $%d::pg_catalog.jsonb AS %s", profile->count + 1, params_name(profile));
	return columns.data;
}

/*
 * What it reads
 */

/* On the way through the query, in which the row is the only item of the FROM clause. */
typedef struct Reading
{
	int			level;			/* of subqueries, from the outermost query */
	int			count;			/* columns of the profile */
	bool	   *reads;
} Reading;

static void
note_column(Reading *reading, AttrNumber attribute)
{
	for (int i = 0; i < reading->count; i++)
		reading->reads[i] = reading->reads[i] || attribute == i + 1 || attribute == InvalidAttrNumber;	/* the whole row */
}

static bool
find_reads(Node *node, void *context)
{
	Reading    *reading = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		const Var  *var = (const Var *) node;

		if (var->varno == 1 && (int) var->varlevelsup == reading->level)
			note_column(reading, var->varattno);
		return false;
	}
	if (IsA(node, Query))
	{
		reading->level++;
		(void) query_tree_walker((Query *) node, find_reads, reading, 0);
		reading->level--;
		return false;
	}
	return expression_tree_walker(node, find_reads, context);
}

static void
take_reads(RowRule *rule, const Profile *profile)
{
	Reading		reading = {.count = profile->count,.reads = palloc0(sizeof(bool) * (size_t) profile->count)};
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(rule->plan));

	(void) query_tree_walker(linitial_node(Query, source->query_list), find_reads, &reading, 0);
	rule->reads = palloc(sizeof(int) * (size_t) profile->count);
	for (int i = 0; i < profile->count; i++)
		if (reading.reads[i])
			rule->reads[rule->read_count++] = i;
	pfree(reading.reads);
}

void
row_rule_compile(RowRule *rule, const Profile *profile, const char *expression)
{
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *from = unnest_from(profile, types);

	types[profile->count] = JSONBOID;
	*rule = (RowRule) {0};
	rule->plan = profile_sql_prepare(profile, psprintf(
		"SELECT r.\"$ord\" FROM (SELECT %s FROM %s) AS r WHERE (%s\n) IS FALSE",
		row_rule_columns(profile), from, expression), profile->count + 1, types);
	take_reads(rule, profile);
}

/*
 * Which rows break it
 */

typedef struct Asking
{
	const RowRule *rule;
	const Profile *profile;
	const PacketRows *rows;
	const int  *places;
	int			count;
	bool	   *broken;
} Asking;

static void
execute(void *argument)
{
	const Asking *asking = argument;
	const Profile *profile = asking->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (profile->count + 1));
	RoleSql		sql;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array_of(&profile->columns[i], asking->rows, asking->places, asking->count, i);
	arguments[profile->count] = params_datum(profile);
	role_sql_enter_query(&sql, profile->confined);
	SPI_connect();
	if (SPI_execute_plan(asking->rule->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check the rules of profile \"%s\"", profile->name);
	for (uint64 found = 0; found < SPI_processed; found++)
	{
		bool		null;
		Datum		place = SPI_getbinval(SPI_tuptable->vals[found], SPI_tuptable->tupdesc, 1, &null);

		asking->broken[query_index(place, null, asking->count)] = true;
	}
	SPI_finish();
	role_sql_leave(&sql);
}

void
row_rule_ask(const RowRule *rule, const Profile *profile, const PacketRows *rows, const int *places, int count,
			 bool *broken, ErrorData **errors)
{
	Asking		asking = {rule, profile, rows, places, count, broken};
	ErrorData  *error;
	int			half = count / 2;

	if (count == 0)
		return;
	memset(broken, 0, sizeof(bool) * (size_t) count);
	memset(errors, 0, sizeof(ErrorData *) * (size_t) count);
	error = profile_sql_try(profile, execute, &asking);
	if (error == NULL)
		return;
	if (!subtransaction_row_fault(error))
		ReThrowError(error);
	if (count == 1)
	{
		broken[0] = true;
		errors[0] = error;
		return;
	}
	row_rule_ask(rule, profile, rows, places, half, broken, errors);
	row_rule_ask(rule, profile, rows, places + half, count - half, broken + half, errors + half);
}
