/*
 * unnest.c
 *	  Columns of checked rows as arrays, for SQL statements that unnest them.
 */
#include "kept/unnest.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

Oid
unnest_element(const ProfileColumn *column)
{
	return column->class == COLUMN_OTHER || column->class == COLUMN_TEXT ? TEXTOID : column->type;
}

char *
unnest_type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->typnamespace), NameStr(form->typname));
	ReleaseSysCache(tuple);
	return name;
}

char *
unnest_from(const Profile *profile, Oid *types)
{
	StringInfoData arrays;
	StringInfoData names;

	initStringInfo(&arrays);
	initStringInfo(&names);
	for (int i = 0; i < profile->count; i++)
	{
		types[i] = get_array_type(unnest_element(&profile->columns[i]));
		appendStringInfo(&arrays, "%spg_catalog.unnest($%d)", i > 0 ? ", " : "", i + 1);
		appendStringInfo(&names, "c%d, ", i);
	}
	return psprintf("ROWS FROM (%s) WITH ORDINALITY AS u (%sord)", arrays.data, names.data);
}

bool
unnest_is_marked(const ProfileColumn *column)
{
	return column->blank_cells == BLANK_NULL || column->clear_token != NULL || column->default_value != NULL;
}

int
unnest_parameters(const Profile *profile)
{
	int			count = profile->count;

	for (int i = 0; i < profile->count; i++)
		count += unnest_is_marked(&profile->columns[i]);
	return count;
}

char *
unnest_from_marked(const Profile *profile, Oid *types)
{
	StringInfoData arrays;
	StringInfoData names;
	int			parameter = 0;

	initStringInfo(&arrays);
	initStringInfo(&names);
	for (int marks = 0; marks < 2; marks++)
		for (int i = 0; i < profile->count; i++)
		{
			if (marks == 1 && !unnest_is_marked(&profile->columns[i]))
				continue;
			types[parameter++] = get_array_type(marks == 1 ? BOOLOID : unnest_element(&profile->columns[i]));
			appendStringInfo(&arrays, "%spg_catalog.unnest($%d)", parameter > 1 ? ", " : "", parameter);
			appendStringInfo(&names, "%c%d, ", marks == 1 ? 'b' : 'c', i);
		}
	return psprintf("ROWS FROM (%s) WITH ORDINALITY AS u (%sord)", arrays.data, names.data);
}

/* An array of count values, in this order. */
static Datum
array_of(const ProfileColumn *column, int count, Datum *values, bool *nulls)
{
	Oid			element = unnest_element(column);
	int			lower = 1;
	int16		length;
	bool		by_value;
	char		alignment;

	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower, element, length, by_value, alignment));
}

Datum
unnest_array(const ProfileColumn *column, const PacketRows *rows, int first, int last, int i)
{
	int			count = last - first;
	Datum	   *values = palloc(sizeof(Datum) * (size_t) count);
	bool	   *nulls = palloc(sizeof(bool) * (size_t) count);

	for (int row = first; row < last; row++)
	{
		values[row - first] = rows->values[row * rows->columns + i];
		nulls[row - first] = rows->nulls[row * rows->columns + i];
	}
	return array_of(column, count, values, nulls);
}

Datum
unnest_array_of(const ProfileColumn *column, const PacketRows *rows, const int *places, int count, int i)
{
	Datum	   *values = palloc(sizeof(Datum) * (size_t) count);
	bool	   *nulls = palloc(sizeof(bool) * (size_t) count);

	for (int k = 0; k < count; k++)
	{
		values[k] = rows->values[places[k] * rows->columns + i];
		nulls[k] = rows->nulls[places[k] * rows->columns + i];
	}
	return array_of(column, count, values, nulls);
}

static Datum
marks_array(const PacketRows *rows, int first, int last, int i)
{
	Datum	   *marks = palloc(sizeof(Datum) * (size_t) (last - first));

	for (int row = first; row < last; row++)
		marks[row - first] = BoolGetDatum(rows->blanks[row * rows->columns + i]);
	return PointerGetDatum(construct_array(marks, last - first, BOOLOID, sizeof(bool), true, TYPALIGN_CHAR));
}

void
unnest_arguments(const Profile *profile, const PacketRows *rows, int first, int last, Datum *arguments)
{
	int			parameter = profile->count;

	for (int i = 0; i < profile->count; i++)
	{
		arguments[i] = unnest_array(&profile->columns[i], rows, first, last, i);
		if (unnest_is_marked(&profile->columns[i]))
			arguments[parameter++] = marks_array(rows, first, last, i);
	}
}
