/*
 * keyed_write.c
 *	  Updates the rows that were found, and inserts the others.
 */
#include "saving/keyed_write.h"

#include "access/table.h"
#include "kept/unnest.h"
#include "saving/column_default.h"
#include "saving/insert_sql.h"
#include "saving/keyed_look.h"
#include "saving/keyed_tell.h"
#include "utils/builtins.h"
#include "utils/rel.h"

bool *
keyed_updated_columns(const Profile *profile, const uint32 *source, const bool *is_key)
{
	bool	   *updated = palloc0(sizeof(bool) * (size_t) profile->count);

	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];
		bool		named = profile->updates.count == 0;

		for (int k = 0; k < profile->updates.count; k++)
			named = named || strcmp(profile->updates.items[k], column->name) == 0;
		updated[i] = named && !is_key[i] && !column_is_always_identity(profile->target, column->attnum) &&
			(column->source != SOURCE_CELL || source == NULL || source[i] > 0);
	}
	return updated;
}

/* Was something given for column i of "g"? NULL: always, since a blank cell has a value too. */
static char *
filled(const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];

	/* A row that is there keeps the number that it has drawn. */
	if (OidIsValid(column_default_sequence(profile->target, column->attnum)))
		return psprintf("g.c%d IS DISTINCT FROM NULL", i);
	if (column->blank_cells != BLANK_KEEP)
		return NULL;
	return unnest_is_marked(column) ? psprintf("NOT g.b%d", i) : psprintf("g.c%d IS DISTINCT FROM NULL", i);
}

/*
 * Which rows would change. IS DISTINCT FROM would say it, but it finds its operator by
 * search_path, except when it is asked about NULL. "false" when no row can change.
 */
char *
keyed_difference(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
	{
		char	   *given = filled(profile, i);

		if (state->is_updated[i])
			appendStringInfo(&sql, "%s%s%sNOT coalesce(%s, t.%s IS NOT DISTINCT FROM NULL AND g.c%d IS NOT DISTINCT FROM NULL)",
							 sql.len > 0 ? " OR " : "", given != NULL ? given : "", given != NULL ? " AND " : "",
							 keyed_equality(&profile->columns[i], i, true), quote_identifier(profile->columns[i].name), i);
	}
	return sql.len > 0 ? sql.data : "false";
}

char *
keyed_lack(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].asked_late)
			appendStringInfo(&sql, "%sg.c%d IS NOT DISTINCT FROM NULL%s", sql.len > 0 ? " OR " : "", i,
							 profile->columns[i].has_default ? psprintf(" AND NOT g.b%d", i) : "");
	return sql.len > 0 ? sql.data : "false";
}

bool
keyed_lacks(const ProfileColumn *column, const PacketRows *rows, int row, int i)
{
	int			at = row * rows->columns + i;

	return column->asked_late && rows->nulls[at] && !(column->has_default && rows->blanks[at]);
}

/* "a = g.c0, b = CASE WHEN g.c1 IS DISTINCT FROM NULL THEN g.c1 ELSE t.b END": what an UPDATE sets. */
static char *
settings(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
	{
		const char *name = quote_identifier(profile->columns[i].name);
		char	   *given = filled(profile, i);

		if (!state->is_updated[i] || state->left_out[i])
			continue;
		if (state->watched != NULL && state->watched[i])
			given = NULL;		/* all rows of the round have a cell */
		appendStringInfo(&sql, "%s%s = ", sql.len > 0 ? ", " : "", name);
		if (given != NULL)
			appendStringInfo(&sql, "CASE WHEN %s THEN g.c%d ELSE t.%s END", given, i, name);
		else
			appendStringInfo(&sql, "g.c%d", i);
	}
	return sql.data;
}

char *
keyed_row_texts(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(target);
	StringInfoData names;
	StringInfoData texts;

	initStringInfo(&names);
	initStringInfo(&texts);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (attribute->attisdropped)
			continue;
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", quote_literal_cstr(NameStr(attribute->attname)));
		appendStringInfo(&texts, "%sCAST(t.%s AS pg_catalog.text)", texts.len > 0 ? ", " : "",
						 quote_identifier(NameStr(attribute->attname)));
	}
	table_close(target, NoLock);
	return psprintf("pg_catalog.jsonb_object(ARRAY[%s]::pg_catalog.text[], ARRAY[%s]::pg_catalog.text[])", names.data, texts.data);
}

void
keyed_update(StringInfo sql, const KeyedState *state, bool holds, const char *target, const char *match)
{
	const SaveTask *task = state->task;
	const char *old = holds ? "h.old" : "NULL::pg_catalog.jsonb";

	if (holds)
		appendStringInfo(sql, ", held AS MATERIALIZED (SELECT g.ord, %s AS old%s FROM looked AS g JOIN %s AS t ON %s"
						 " WHERE g.found AND g.differs AND NOT EXISTS (SELECT FROM twice) FOR UPDATE OF t)",
						 task->undo ? keyed_row_texts(task->profile) : "NULL::pg_catalog.jsonb", keyed_told_old(state), target, match);
	appendStringInfo(sql, ", upd AS (UPDATE %s AS t SET %s FROM looked AS g%s"
					 " WHERE g.found AND g.differs AND NOT EXISTS (SELECT FROM twice) AND %s RETURNING g.ord%s%s)", target, settings(state),
					 holds ? " JOIN held AS h ON h.ord OPERATOR(pg_catalog.=) g.ord" : "", match,
					 task->undo ? psprintf(", %s AS old, %s AS new", old, keyed_row_texts(task->profile)) : "", keyed_told_update(state, holds));
}

void
keyed_insert(StringInfo sql, const KeyedState *state, const char *target)
{
	const Profile *profile = state->task->profile;

	appendStringInfo(sql, ", ins AS (INSERT INTO %s AS t %s FROM looked AS u WHERE NOT u.found AND NOT u.lacks%s RETURNING %s%s)",
					target, insert_sql_select(profile),
					state->tell != NULL ? " AND xlsx_private.mark_row(u.ord)" : "",
					state->task->undo ? psprintf("0::bigint AS ord, NULL::pg_catalog.jsonb AS old, %s AS new", keyed_row_texts(profile)) : "1",
					keyed_told_insert(state));
}
