/*
 * tell.c
 *	  What is kept of each row beside its action.
 */
#include "saving/tell.h"

#include "lib/stringinfo.h"
#include "pg/json_value.h"
#include "saving/key.h"
#include "saving/save_mode.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* A function takes at most 100 arguments. */
#define OBJECT_COLUMNS 50

typedef struct TellColumn
{
	const char *name;
	char	   *member;			/* the name as JSON, with ": " */
	AttrNumber	attnum;
	JsonValue	json;
} TellColumn;

struct Tell
{
	const Profile *profile;
	int			count;			/* of the columns to return */
	TellColumn *columns;
	bool	   *is_key;			/* by profile column; NULL: there are columns to return, or no key is known */
	TellColumn *keys;			/* by profile column; of those of the key */
	StringInfoData text;
	MemoryContext scratch;		/* reset after each row */
};

static char *
member_of(const char *name)
{
	StringInfoData member;

	initStringInfo(&member);
	escape_json(&member, name);
	appendStringInfoString(&member, ": ");
	return member.data;
}

static void
find_columns(Tell *tell)
{
	const Profile *profile = tell->profile;

	tell->count = profile->returning.count;
	tell->columns = palloc0(sizeof(TellColumn) * (size_t) Max(tell->count, 1));
	for (int i = 0; i < tell->count; i++)
	{
		TellColumn *column = &tell->columns[i];

		column->name = profile->returning.items[i];
		column->member = member_of(column->name);
		column->attnum = get_attnum(profile->target, column->name);
		if (column->attnum <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", column->name, get_rel_name(profile->target)),
					 errdetail("The option returning of profile \"%s\" names it.", profile->name)));
		json_value_init(&column->json, get_atttype(profile->target, column->attnum));
	}
}

/* Marks the columns that the key of the mode reads, in its expressions too. */
static void
mark_key_read(const SaveTask *task, bool *is_key)
{
	const Profile *profile = task->profile;
	SaveKey		key;

	save_key_find(task, &key);
	for (int part = 0; part < key.unique.count; part++)
	{
		Bitmapset  *reads = unique_key_reads(profile->target, key.unique.parts[part].expression);

		for (int i = 0; i < profile->count; i++)
			is_key[i] = is_key[i] || bms_is_member(profile->columns[i].attnum, reads);
	}
}

/* The columns of the key by which the mode finds rows; in other modes those that the profile names. NULL: there are none. */
static bool *
find_key(const SaveTask *task)
{
	const Profile *profile = task->profile;
	bool	   *is_key = palloc0(sizeof(bool) * (size_t) Max(profile->count, 1));
	bool		found = false;

	if (save_mode(task->mode)->by_key)
		mark_key_read(task, is_key);
	else
	{
		for (int k = 0; k < profile->key.count; k++)
		{
			int			column = profile_column_index(profile, profile->key.items[k]);

			if (column >= 0)
				is_key[column] = true;
		}
	}
	for (int i = 0; i < profile->count; i++)
		found = found || is_key[i];
	return found ? is_key : NULL;
}

Tell *
tell_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	Tell	   *tell;

	if (!task->keep_rows)
		return NULL;
	tell = palloc0(sizeof(Tell));
	tell->profile = profile;
	find_columns(tell);
	if (tell->count == 0)
		tell->is_key = find_key(task);
	tell->keys = palloc0(sizeof(TellColumn) * (size_t) Max(profile->count, 1));
	for (int i = 0; i < profile->count && tell->is_key != NULL; i++)
	{
		if (!tell->is_key[i])
			continue;
		tell->keys[i].member = member_of(profile->columns[i].name);
		json_value_init(&tell->keys[i].json, profile->columns[i].type);
	}
	initStringInfo(&tell->text);
	tell->scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx tell", ALLOCSET_SMALL_SIZES);
	return tell;
}

bool
tell_returns(const Tell *tell)
{
	return tell->count > 0;
}

char *
tell_returned_sql(const Tell *tell, const char *row)
{
	StringInfoData sql;

	if (tell->count == 0)
		return pstrdup("CAST(NULL AS pg_catalog.text)");
	initStringInfo(&sql);
	appendStringInfoString(&sql, "CAST(");
	/* Two objects can be joined as jsonb only, which takes longer. */
	for (int i = 0; i < tell->count; i++)
		appendStringInfo(&sql, "%s%s, %s.%s", i == 0 ? (tell->count > OBJECT_COLUMNS ? "pg_catalog.jsonb_build_object(" : "pg_catalog.json_build_object(") :
						 i % OBJECT_COLUMNS == 0 ? ") OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(" : ", ",
						 quote_literal_cstr(tell->columns[i].name), row, quote_identifier(tell->columns[i].name));
	appendStringInfoString(&sql, ") AS pg_catalog.text)");
	return sql.data;
}

/* An object, member by member. */
static void
begin_member(StringInfo json, const char *member)
{
	appendStringInfoString(json, json->len == 0 ? "{" : ", ");
	appendStringInfoString(json, member);
}

static void
end_object(Tell *tell, RowFates *fates, int row)
{
	appendStringInfoChar(&tell->text, '}');
	fates->rows[row].returned = row_fates_copy(fates, tell->text.data, (Size) tell->text.len);
	MemoryContextReset(tell->scratch);
}

void
tell_slot(Tell *tell, TupleTableSlot *slot, RowFates *fates, int row)
{
	MemoryContext caller;

	if (tell->count == 0)
		return;
	caller = MemoryContextSwitchTo(tell->scratch);
	resetStringInfo(&tell->text);
	for (int i = 0; i < tell->count; i++)
	{
		bool		null;
		Datum		value = slot_getattr(slot, tell->columns[i].attnum, &null);

		begin_member(&tell->text, tell->columns[i].member);
		if (null)
			appendStringInfoString(&tell->text, "null");
		else
			json_value_append(&tell->text, &tell->columns[i].json, value);
	}
	MemoryContextSwitchTo(caller);
	end_object(tell, fates, row);
}

static void
append_key(Tell *tell, const PacketRows *rows, int row, int i)
{
	const ProfileColumn *column = &tell->profile->columns[i];
	int			at = row * rows->columns + i;

	begin_member(&tell->text, tell->keys[i].member);
	if (rows->nulls[at])
		appendStringInfoString(&tell->text, "null");
	else if (column->class == COLUMN_OTHER || column->class == COLUMN_TEXT)
		json_value_append_text(&tell->text, rows->values[at]);
	else
		json_value_append(&tell->text, &tell->keys[i].json, rows->values[at]);
}

void
tell_keys(Tell *tell, const PacketRows *rows, RowFates *fates)
{
	for (int row = 0; row < rows->count && tell->is_key != NULL; row++)
	{
		MemoryContext caller;

		if (fates->rows[row].action == ROW_NONE)
			continue;
		caller = MemoryContextSwitchTo(tell->scratch);
		resetStringInfo(&tell->text);
		for (int i = 0; i < tell->profile->count; i++)
			if (tell->is_key[i])
				append_key(tell, rows, row, i);
		MemoryContextSwitchTo(caller);
		end_object(tell, fates, row);
	}
}

char *
tell_values_sql(const Profile *profile, const bool *columns, const char *row)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "ARRAY[");
	for (int i = 0; i < profile->count; i++)
		if (columns[i])
			appendStringInfo(&sql, "%sCAST(pg_catalog.to_jsonb(%s.%s) AS pg_catalog.text)", sql.len > 6 ? ", " : "",
							 row, quote_identifier(profile->columns[i].name));
	appendStringInfoString(&sql, "]::pg_catalog.text[]");
	return sql.data;
}

static void
append_member(StringInfo json, const char *name, Datum text, bool null)
{
	begin_member(json, member_of(name));
	if (null)
		appendStringInfoString(json, "null");
	else
	{
		struct varlena *value = PG_DETOAST_DATUM_PACKED(text);

		appendBinaryStringInfo(json, VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value));
	}
}

static bool
same_text(Datum one, bool one_null, Datum other, bool other_null)
{
	struct varlena *a;
	struct varlena *b;

	if (one_null || other_null)
		return one_null && other_null;
	a = PG_DETOAST_DATUM_PACKED(one);
	b = PG_DETOAST_DATUM_PACKED(other);
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) && memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

void
tell_changes(const Profile *profile, const bool *columns, const Datum *old, const bool *old_nulls,
			 const Datum *new, const bool *new_nulls, RowFates *fates, int row)
{
	StringInfoData before;
	StringInfoData after;
	int			place = 0;

	initStringInfo(&before);
	initStringInfo(&after);
	for (int i = 0; i < profile->count; i++)
	{
		if (!columns[i])
			continue;
		if (!same_text(old[place], old_nulls[place], new[place], new_nulls[place]))
		{
			append_member(&before, profile->columns[i].name, old[place], old_nulls[place]);
			append_member(&after, profile->columns[i].name, new[place], new_nulls[place]);
		}
		place++;
	}
	appendStringInfoString(&before, before.len == 0 ? "{}" : "}");
	appendStringInfoString(&after, after.len == 0 ? "{}" : "}");
	fates->rows[row].old = row_fates_copy(fates, before.data, (Size) before.len);
	fates->rows[row].new = row_fates_copy(fates, after.data, (Size) after.len);
}
