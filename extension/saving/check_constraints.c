/*
 * check_constraints.c
 *	  Asks the CHECK constraints of a target without inserting a row.
 */
#include "saving/check_constraints.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "nodes/readfuncs.h"
#include "optimizer/optimizer.h"
#include "pg/compat.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "validate/row_rule.h"

typedef struct SaveCheck
{
	char	   *name;
	RowRule		rule;
} SaveCheck;

struct CheckConstraints
{
	const Profile *profile;
	int			count;
	SaveCheck  *items;
	bool	   *has_default;	/* by profile column: the value of a blank cell is not known here */
};

static int
column_of(const Profile *profile, AttrNumber attnum)
{
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return i;
	return -1;
}

static bool
all_imported(const Profile *profile, Node *expression)
{
	Bitmapset  *columns = NULL;
	int			member = -1;

	pull_varattnos(expression, 1, &columns);
	while ((member = bms_next_member(columns, member)) >= 0)
		if (column_of(profile, (AttrNumber) (member + FirstLowInvalidHeapAttributeNumber)) < 0)
			return false;
	return true;
}

static bool
takes_rows_as_they_are(Relation target)
{
	char		kind = target->rd_rel->relkind;

	return (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE) && target->rd_att->constr != NULL &&
		(target->trigdesc == NULL || !target->trigdesc->trig_insert_before_row);
}

/* One constraint while it is made into a rule. */
typedef struct Compiling
{
	const Profile *profile;
	RowRule    *rule;
	const char *expression;
} Compiling;

static void
compile(void *argument)
{
	Compiling  *compiling = argument;

	row_rule_compile(compiling->rule, compiling->profile, compiling->expression);
}

/* As text, the constraint may need rights on a schema that it does not need itself. Then it is not asked. */
static void
add_check(CheckConstraints *checks, Relation target, const ConstrCheck *constraint)
{
	Node	   *expression = stringToNode(constraint->ccbin);
	SaveCheck  *check = &checks->items[checks->count];
	List	   *names = deparse_context_for(RelationGetRelationName(target), RelationGetRelid(target));
	Compiling	compiling = {checks->profile, &check->rule};
	ErrorData  *error;

	if (!compat_check_is_enforced(*constraint) || !all_imported(checks->profile, expression))
		return;
	compiling.expression = deparse_expression(expression, names, false, false);
	error = subtransaction_try(compile, &compiling);
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION)
		ReThrowError(error);
	if (error != NULL)
		return;
	check->name = pstrdup(constraint->ccname);
	checks->count++;
}

CheckConstraints *
check_constraints_create(const Profile *profile)
{
	CheckConstraints *checks = palloc0(sizeof(CheckConstraints));
	Relation	target = table_open(profile->target, AccessShareLock);
	TupleConstr *constraints = target->rd_att->constr;
	int			level = NewGUCNestLevel();

	/* Names are written with their schema, except where they are the server's own. */
	query_set_option("search_path", "pg_catalog");
	checks->profile = profile;
	checks->has_default = palloc0(sizeof(bool) * (size_t) profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(target), profile->columns[i].attnum - 1);

		checks->has_default[i] = attribute->atthasdef || attribute->attidentity != '\0';
	}
	if (takes_rows_as_they_are(target))
	{
		checks->items = palloc0(sizeof(SaveCheck) * (size_t) Max(constraints->num_check, 1));
		for (int i = 0; i < constraints->num_check; i++)
			add_check(checks, target, &constraints->check[i]);
	}
	AtEOXact_GUC(true, level);
	table_close(target, NoLock);
	return checks;
}

/* Is each value that the constraint reads exactly the value that was given to the table? */
static bool
knows_all(const CheckConstraints *checks, const RowRule *rule, const PacketRows *rows, int place)
{
	for (int i = 0; i < rule->read_count; i++)
	{
		int			at = place * rows->columns + rule->reads[i];

		if (rows->nulls[at] && rows->blanks[at] && checks->has_default[rule->reads[i]])
			return false;
	}
	return true;
}

void
check_constraints_ask(const CheckConstraints *checks, const PacketRows *rows, const int *places, int count, CheckConstraintFound found,
				void *argument)
{
	int		   *asked = palloc(sizeof(int) * (size_t) Max(count, 1));
	bool	   *broken = palloc(sizeof(bool) * (size_t) Max(count, 1));
	ErrorData **errors = palloc(sizeof(ErrorData *) * (size_t) Max(count, 1));

	for (int i = 0; i < checks->count; i++)
	{
		const SaveCheck *check = &checks->items[i];
		int			asking = 0;

		for (int k = 0; k < count; k++)
			if (knows_all(checks, &check->rule, rows, places[k]))
				asked[asking++] = places[k];
		row_rule_ask(&check->rule, checks->profile, rows, asked, asking, broken, errors);
		for (int k = 0; k < asking; k++)
			if (broken[k] && errors[k] == NULL && check->rule.read_count > 0)
				found(argument, asked[k], check->name, &checks->profile->columns[check->rule.reads[0]]);
	}
}
