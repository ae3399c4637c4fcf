/*
 * key_name.c
 *	  What a profile names as its key: columns of the target, and expressions over them.
 */
#include "profile/key_name.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "pg/query.h"
#include "profile/sql.h"
#include "profile/unique_key.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

Node *
key_name_column(Relation target, AttrNumber attnum)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(target), attnum - 1);

	return (Node *) makeVar(1, attnum, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);
}

static void
refuse_column(Relation target, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("relation \"%s\" has no column %s", RelationGetRelationName(target), quote_identifier(name))));
}

/* A name alone is meant as a column. */
static void
require_known(Relation target, const Node *raw)
{
	const ColumnRef *column = (const ColumnRef *) raw;

	if (IsA(raw, ColumnRef) && list_length(column->fields) == 1 && IsA(linitial(column->fields), String) &&
		get_attnum(RelationGetRelid(target), strVal(linitial(column->fields))) <= InvalidAttrNumber)
		refuse_column(target, strVal(linitial(column->fields)));
}

static Node *
parse_expression(Relation target, const char *text)
{
	ParseState *state = make_parsestate(NULL);
	ParseNamespaceItem *item = addRangeTableEntryForRelation(state, target, AccessShareLock, NULL, false, true);
	ErrorContextCallback context = {.callback = profile_sql_point_into, .arg = (void *) text, .previous = error_context_stack};
	const SelectStmt *select;
	Node	   *expression;

	profile_sql_check(text, "expression");
	select = (const SelectStmt *) linitial_node(RawStmt, raw_parser(text, RAW_PARSE_PLPGSQL_EXPR))->stmt;
	expression = linitial_node(ResTarget, select->targetList)->val;
	require_known(target, expression);
	state->p_sourcetext = text;
	addNSItemToQuery(state, item, true, true, true);
	error_context_stack = &context;
	expression = transformExpr(state, expression, EXPR_KIND_INDEX_EXPRESSION);
	assign_expr_collations(state, expression);
	error_context_stack = context.previous;
	free_parsestate(state);
	/* An index has its collation beside the expression. */
	while (expression != NULL && IsA(expression, CollateExpr))
		expression = (Node *) ((CollateExpr *) expression)->arg;
	return expression;
}

List *
key_names_parse(Relation target, const TextList *named)
{
	List	   *names = NIL;
	int			level = NewGUCNestLevel();
	const char *schema = get_namespace_name(RelationGetNamespace(target));

	profile_sql_fix_path(schema);
	for (int i = 0; i < named->count; i++)
	{
		KeyName    *name = palloc0(sizeof(KeyName));

		name->text = named->items[i];
		name->attnum = get_attnum(RelationGetRelid(target), name->text);
		if (name->attnum < 0)
			refuse_column(target, name->text);
		if (name->attnum == InvalidAttrNumber)
			name->expression = parse_expression(target, name->text);
		if (name->expression != NULL && IsA(name->expression, Var) && ((Var *) name->expression)->varattno > 0)
			name->attnum = ((Var *) name->expression)->varattno;
		names = lappend(names, name);
	}
	AtEOXact_GUC(true, level);
	return names;
}

static bool
same_but_spaces(const char *a, const char *b)
{
	for (;;)
	{
		a += strspn(a, " \t\r\n");
		b += strspn(b, " \t\r\n");
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

bool
key_name_means(const KeyName *name, Oid target, AttrNumber attnum, Node *expression)
{
	if (name->attnum != InvalidAttrNumber || attnum != InvalidAttrNumber)
		return name->attnum == attnum;
	/* An index may have been made under another search_path, and still read the same. */
	return equal(name->expression, expression) ||
		same_but_spaces(name->text, deparse_expression(expression, deparse_context_for(get_rel_name(target), target), false, false));
}
