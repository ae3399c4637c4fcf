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
#include "parser/parse_param.h"
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

/*
 * The parser makes a value of each literal, and so runs the input function of its type.  Whoever finds the key may have more
 * rights than the one who wrote it: the owner of the extension does, when a profile is stored.
 */

/* Does the input function of a type run SQL: the conditions of a domain in it? */
static bool
input_runs_sql(Oid type)
{
	Oid			part = InvalidOid;

	switch (get_typtype(type))
	{
		case TYPTYPE_COMPOSITE:
			return true;
		case TYPTYPE_RANGE:
			part = get_range_subtype(type);
			break;
		case TYPTYPE_MULTIRANGE:
			part = get_multirange_range(type);
			break;
		default:
			part = get_element_type(type);
	}
	return OidIsValid(part) && (get_typtype(part) == TYPTYPE_DOMAIN || input_runs_sql(part));
}

/* Makes a parameter of each literal of a raw tree, in its place. Those of type modifiers are none of its values. */
static bool
free_literals(Node *node, void *count)
{
	A_Const    *literal = (A_Const *) node;

	StaticAssertStmt(sizeof(ParamRef) <= sizeof(A_Const), "a parameter has room in a literal");
	if (node == NULL || IsA(node, TypeName))
		return false;
	if (IsA(node, A_Const) && !literal->isnull && IsA(&literal->val, String))
	{
		ParamRef	parameter = {.type = T_ParamRef,.number = ++*(int *) count,.location = literal->location};

		memcpy(node, &parameter, sizeof(parameter));
		return false;
	}
	return raw_expression_tree_walker(node, free_literals, count);
}

static Node *
raw_expression(const char *text)
{
	const SelectStmt *select = (const SelectStmt *) linitial_node(RawStmt, raw_parser(text, RAW_PARSE_PLPGSQL_EXPR))->stmt;

	return linitial_node(ResTarget, select->targetList)->val;
}

static ParseState *
parse_state(Relation target, const char *text)
{
	ParseState *state = make_parsestate(NULL);

	state->p_sourcetext = text;
	addNSItemToQuery(state, addRangeTableEntryForRelation(state, target, AccessShareLock, NULL, false, true), true, true, true);
	return state;
}

/* Parses it with parameters in place of its literals, which get the types that those would. */
static void
refuse_running_literals(Relation target, const char *text)
{
	ParseState *state = parse_state(target, text);
	Node	   *expression = raw_expression(text);
	Oid		   *types = NULL;
	int			count = 0;
	int			literals = 0;

	/* The tree itself is a literal: it has the type text. */
	if (IsA(expression, A_Const))
		return;
	(void) free_literals(expression, &literals);
	setup_parse_variable_parameters(state, &types, &count);
	(void) transformExpr(state, expression, EXPR_KIND_INDEX_EXPRESSION);
	free_parsestate(state);
	for (int i = 0; i < count; i++)
		if (OidIsValid(types[i]) && input_runs_sql(getBaseType(types[i])))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("expression of a key has a literal of type %s", format_type_be(types[i])),
					 errdetail("To read it, conditions of a domain might be run."),
					 errhint("Name the unique index instead: xlsx.alter_profile(…, key_index => …).")));
}

static Node *
parse_expression(Relation target, const char *text)
{
	ErrorContextCallback context = {.callback = profile_sql_point_into, .arg = (void *) text, .previous = error_context_stack};
	ParseState *state = parse_state(target, text);
	Node	   *expression;

	profile_sql_check(text, "expression");
	expression = raw_expression(text);
	require_known(target, expression);
	error_context_stack = &context;
	refuse_running_literals(target, text);
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
