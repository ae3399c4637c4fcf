/*
 * sql.c
 *	  The SQL that a profile holds.
 */
#include "profile/sql.h"

#include "access/xact.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(pg_xlsx_check_expression);

typedef struct ReadOnlyWork
{
	const Profile *profile;
	void		(*work) (void *argument);
	void	   *argument;
} ReadOnlyWork;

void
profile_sql_fix_path(const char *schema)
{
	query_fix_syntax();
	query_set_option("search_path", psprintf("pg_catalog, %s, pg_temp", quote_identifier(schema != NULL ? schema : "pg_catalog")));
}

/* A plan is analyzed again if it runs under another search_path than it was made under, so both use this one. */
static void
set_path(const Profile *profile)
{
	profile_sql_fix_path(get_namespace_name(get_rel_namespace(profile->target)));
}

/* Makes the subtransaction read-only. Its end allows writes again; SQL cannot. */
static void
work_read_only(void *argument)
{
	ReadOnlyWork *read_only = argument;

	XactReadOnly = true;
	set_path(read_only->profile);
	read_only->work(read_only->argument);
}

ErrorData *
profile_sql_try(const Profile *profile, void (*work) (void *argument), void *argument)
{
	static const bool keep = false;
	ReadOnlyWork read_only = {profile, work, argument};
	bool		could_write = !XactReadOnly;
	ErrorData  *error = subtransaction_try_keep(work_read_only, &read_only, &keep);

	if (error == NULL || error->sqlerrcode != ERRCODE_READ_ONLY_SQL_TRANSACTION || !could_write)
		return error;
	error->sqlerrcode = ERRCODE_S_R_E_MODIFYING_SQL_DATA_NOT_PERMITTED;
	error->detail = psprintf("The server says: %s.", error->message);
	error->message = psprintf("SQL of profile \"%s\" must not write", profile->name);
	error->hint = pstrdup("Transformations, lookups and rules look values up; let a trigger of the target write.");
	return error;
}

SPIPlanPtr
profile_sql_prepare(const Profile *profile, const char *sql, int arguments, Oid *types)
{
	MemoryContext life = CurrentMemoryContext;
	int			level = NewGUCNestLevel();
	SPIPlanPtr	plan;

	set_path(profile);
	SPI_connect();
	plan = query_prepare(sql, arguments, types, life);
	SPI_finish();
	AtEOXact_GUC(true, level);
	return plan;
}

/*
 * What an expression names
 */

static bool
find_name(Node *node, void *name)
{
	const ColumnRef *column = (const ColumnRef *) node;
	const Node *field;

	if (node == NULL)
		return false;
	if (!IsA(node, ColumnRef))
		return raw_expression_tree_walker(node, find_name, name);
	field = llast(column->fields);
	if (!IsA(field, String) || list_length(column->fields) > 2 || strcmp(strVal(field), name) != 0)
		return false;
	return list_length(column->fields) == 1 || strcmp(strVal(linitial(column->fields)), PROFILE_SQL_ROW) == 0;
}

bool
profile_sql_names(const char *expression, const char *name)
{
	int			level = NewGUCNestLevel();
	List	   *parsed;

	query_fix_syntax();
	parsed = raw_parser(expression, RAW_PARSE_PLPGSQL_EXPR);
	AtEOXact_GUC(true, level);
	return find_name(linitial_node(RawStmt, parsed)->stmt, (void *) name);
}

/* SELECT expression, and nothing more */
static bool
is_expression(const List *parsed)
{
	SelectStmt *select;

	if (list_length(parsed) != 1 || !IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt))
		return false;
	select = (SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	return select->op == SETOP_NONE && list_length(select->targetList) == 1 &&
		linitial_node(ResTarget, select->targetList)->name == NULL &&
		select->distinctClause == NIL && select->intoClause == NULL && select->fromClause == NIL &&
		select->whereClause == NULL && select->groupClause == NIL && select->havingClause == NULL &&
		select->windowClause == NIL && select->valuesLists == NIL && select->sortClause == NIL &&
		select->limitOffset == NULL && select->limitCount == NULL && select->lockingClause == NIL &&
		select->withClause == NULL;
}

static bool
is_query(const List *parsed)
{
	/* The text becomes part of a FROM clause, where it may not end with a semicolon. */
	return list_length(parsed) == 1 && IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt) &&
		linitial_node(RawStmt, parsed)->stmt_len == 0 &&
		((SelectStmt *) linitial_node(RawStmt, parsed)->stmt)->intoClause == NULL;
}

void
profile_sql_point_into(void *text)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text);
	}
}

void
profile_sql_check(const char *text, const char *what)
{
	bool		query = strcmp(what, "lookup") == 0 || strcmp(what, "query") == 0;
	ErrorContextCallback context = {.callback = profile_sql_point_into, .arg = (void *) text, .previous = error_context_stack};
	int			level = NewGUCNestLevel();
	List	   *parsed;

	query_fix_syntax();
	error_context_stack = &context;
	parsed = raw_parser(text, query ? RAW_PARSE_DEFAULT : RAW_PARSE_PLPGSQL_EXPR);
	error_context_stack = context.previous;
	AtEOXact_GUC(true, level);
	if (!(query ? is_query(parsed) : is_expression(parsed)))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 strcmp(what, "query") == 0 ? errmsg("query is not one SELECT") :
				 errmsg("%s is not one SQL %s", what, query ? "query" : "expression"),
				 errdetail("It reads: %s", text)));
}

Datum
pg_xlsx_check_expression(PG_FUNCTION_ARGS)
{
	char	   *sql;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_VOID();
	sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (sql[0] != '\0')
		profile_sql_check(sql, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_VOID();
}
