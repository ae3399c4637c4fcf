/*
 * refusal.c
 *	  Why the target has refused a row, in words for people.
 */
#include "saving/refusal.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "nodes/pg_list.h"
#include "pg/constraint_comment.h"
#include "saving/saver_state.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Constraints whose texts are kept; beyond that they are made again. */
#define MOST_KEPT 100

typedef struct Kept
{
	Refusal		refusal;
	RefusalText text;
} Kept;

/* One refusal while its text is made. */
typedef struct Making
{
	const Saver *saver;
	const Refusal *refusal;
	Oid			relation;		/* that the server names; the target where it names none */
	bool		of_target;		/* and not of another table, to which a trigger writes */
	List	   *columns;		/* of the profile: those that are at fault */
} Making;

static bool
is_part_of(Oid relation, Oid target)
{
	if (relation == target || get_rel_relkind(target) == RELKIND_VIEW)
		return true;
	return get_rel_relispartition(relation) && list_member_oid(get_partition_ancestors(relation), target);
}

static void
find_relation(Making *making)
{
	Oid			target = making->saver->profile->target;
	Oid			schema = making->refusal->schema != NULL ? get_namespace_oid(making->refusal->schema, true) : InvalidOid;

	making->relation = OidIsValid(schema) && making->refusal->table != NULL ? get_relname_relid(making->refusal->table, schema) : InvalidOid;
	if (!OidIsValid(making->relation))
		making->relation = target;
	making->of_target = is_part_of(making->relation, target);
}

static void
add_column(Making *making, AttrNumber attnum)
{
	const Profile *profile = making->saver->profile;

	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			making->columns = lappend(making->columns, &profile->columns[i]);
}

static void
find_columns(Making *making)
{
	Oid			target = making->saver->profile->target;
	const Refusal *refusal = making->refusal;
	bool		behind = get_rel_relkind(target) == RELKIND_VIEW;	/* columns of a view are those of the same name */
	Bitmapset  *columns = NULL;
	int			member = -1;

	if (!making->of_target)
		return;
	if (refusal->column != NULL)
		add_column(making, get_attnum(target, refusal->column));
	else if (refusal->constraint != NULL)
		columns = constraint_columns(behind ? making->relation : target, making->relation, refusal->constraint);
	while ((member = bms_next_member(columns, member)) >= 0)
	{
		AttrNumber	attnum = (AttrNumber) (member + FirstLowInvalidHeapAttributeNumber);

		add_column(making, behind ? get_attnum(target, get_attname(making->relation, attnum, false)) : attnum);
	}
}

static const char *
labels_of(const List *columns)
{
	StringInfoData labels;
	ListCell   *cell;

	initStringInfo(&labels);
	foreach(cell, columns)
		appendStringInfo(&labels, "%s%s", labels.len > 0 ? ", " : "", ((const ProfileColumn *) lfirst(cell))->label);
	return labels.data;
}

static const char *
own_template(const Making *making)
{
	const char *template = NULL;
	ListCell   *cell;

	foreach(cell, making->columns)
		if (template == NULL)
			template = message_template(message_object(((const ProfileColumn *) lfirst(cell))->messages), making->refusal->code,
										making->saver->task.locale);
	return template;
}

static const char *
comment_of(const Making *making)
{
	const Refusal *refusal = making->refusal;

	if (refusal->constraint != NULL)
		return constraint_comment(making->relation, refusal->constraint);
	if (refusal->column != NULL)
		return constraint_comment_of_not_null(making->relation, get_attnum(making->relation, refusal->column));
	return NULL;
}

/* The built-in message; NULL where too little is known to say more than the server. */
static const char *
built_in(const Making *making)
{
	static const struct
	{
		RowFault	one;
		RowFault	many;
	}			faults[] = {
		{ROW_UNIQUE, ROW_UNIQUE_MANY}, {ROW_FOREIGN_KEY, ROW_FOREIGN_KEY_MANY}, {ROW_CHECK, ROW_CHECK_OF_ROW},
		{ROW_NOT_NULL, ROW_NOT_NULL}, {ROW_EXCLUSION, ROW_EXCLUSION_MANY}
	};
	const Refusal *refusal = making->refusal;
	bool		named = making->columns != NIL;

	for (size_t i = 0; i < lengthof(faults); i++)
	{
		if (strcmp(refusal->code, fault_code_of_row(faults[i].one)) != 0)
			continue;
		if (faults[i].one == ROW_CHECK)
			named = refusal->constraint != NULL;
		if (faults[i].one == ROW_NOT_NULL)
			named = named || refusal->column != NULL;
		return named ? fault_text_of_row(list_length(making->columns) == 1 ? faults[i].one : faults[i].many, making->saver->task.locale) : NULL;
	}
	return NULL;
}

static RefusalText
make(const Saver *saver, const Refusal *refusal)
{
	Making		making = {saver, refusal};
	MessagePlaces places = {.rule = refusal->constraint};
	const char *template;

	find_relation(&making);
	find_columns(&making);
	places.label = making.columns != NIL || refusal->column == NULL ? labels_of(making.columns) : refusal->column;
	template = own_template(&making);
	if (template == NULL)
		template = comment_of(&making);
	if (template == NULL)
		template = built_in(&making);
	return (RefusalText) {
		making.columns != NIL ? linitial(making.columns) : NULL, template != NULL ? message_make(template, &places) : (Message) {NULL}
	};
}

static bool
same_text(const char *left, const char *right)
{
	return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static char *
copy_of(const char *text)
{
	return text != NULL ? pstrdup(text) : NULL;
}

const RefusalText *
refusal_text(Saver *saver, const Refusal *refusal)
{
	MemoryContext caller;
	Kept	   *made;
	ListCell   *cell;

	foreach(cell, saver->refusals)
	{
		Kept	   *kept = lfirst(cell);

		if (strcmp(kept->refusal.code, refusal->code) == 0 && same_text(kept->refusal.constraint, refusal->constraint) &&
			same_text(kept->refusal.column, refusal->column) && same_text(kept->refusal.table, refusal->table) &&
			same_text(kept->refusal.schema, refusal->schema))
			return &kept->text;
	}
	caller = CurrentMemoryContext;
	if (list_length(saver->refusals) < MOST_KEPT)
		MemoryContextSwitchTo(saver->context);
	made = palloc(sizeof(Kept));
	made->refusal = (Refusal) {
		pstrdup(refusal->code), copy_of(refusal->schema), copy_of(refusal->table), copy_of(refusal->constraint), copy_of(refusal->column)
	};
	made->text = make(saver, refusal);
	if (list_length(saver->refusals) < MOST_KEPT)
		saver->refusals = lappend(saver->refusals, made);
	MemoryContextSwitchTo(caller);
	return &made->text;
}

/* ours: what is said unless the column has a message of its own for the code. */
static Message
message_of_column(const Saver *saver, const ProfileColumn *column, const char *code, const char *ours)
{
	const char *template = message_template(message_object(column->messages), code, saver->task.locale);
	MessagePlaces places = {.label = column->label};

	return message_make(template != NULL ? template : ours, &places);
}

Message
refusal_not_found(const Saver *saver, const ProfileColumn *key)
{
	return message_of_column(saver, key, fault_code_of_row(ROW_NOT_FOUND), fault_text_of_row(ROW_NOT_FOUND, saver->task.locale));
}

Message
refusal_required(const Saver *saver, const ProfileColumn *column)
{
	return message_of_column(saver, column, fault_code(FAULT_REQUIRED), fault_text(FAULT_REQUIRED, saver->task.locale));
}
