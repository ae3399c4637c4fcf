/*
 * profile.c
 *	  Stored profiles -> compiled columns; headers of a sheet -> columns.
 */
#include "profile.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "guc.h"
#include "lib/stringinfo.h"
#include "owner.h"
#include "text.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Most received headers that a message lists. */
#define LISTED_HEADERS 50

/* Lower case without spaces, "-" and "_". */
static char *
normalize_header(const char *header, size_t length)
{
	char	   *lower;
	char	   *out;

	text_trim(&header, &length);
	lower = str_tolower(header, length, DEFAULT_COLLATION_OID);
	out = lower;
	for (const char *in = lower; *in != '\0';)
	{
		int			space = text_space_length(in, strlen(in));

		if (space > 0)
			in += space;
		else if (*in == '-' || *in == '_')
			in++;
		else
			*out++ = *in++;
	}
	*out = '\0';
	return lower;
}

static ColumnClass
class_of_type(Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			return COLUMN_TEXT;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return COLUMN_INTEGER;
		case FLOAT4OID:
		case FLOAT8OID:
			return COLUMN_FLOAT;
		case BOOLOID:
			return COLUMN_BOOLEAN;
		case DATEOID:
			return COLUMN_DATE;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return COLUMN_TIMESTAMP;
		case NUMERICOID:
			return COLUMN_NUMERIC;
		default:
			return COLUMN_OTHER;
	}
}

/* Takes from the catalog what the profile does not store. */
static void
compile_column(ProfileColumn *column, Relation target)
{
	AttrNumber	attnum = get_attnum(RelationGetRelid(target), column->name);
	Form_pg_attribute attribute;
	Oid			input;

	if (attnum == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", column->name,
						RelationGetRelationName(target)),
				 errdetail("The profile expects it for the header \"%s\".", column->header),
				 errhint("Make the profile anew after the table was altered.")));
	attribute = TupleDescAttr(RelationGetDescr(target), attnum - 1);
	column->attnum = attnum;
	column->type = attribute->atttypid;
	column->typmod = attribute->atttypmod;
	column->required = attribute->attnotnull && !attribute->atthasdef;
	column->class = class_of_type(column->type);
	column->max_characters = column->class == COLUMN_TEXT && column->typmod >= (int32) VARHDRSZ ?
		column->typmod - (int32) VARHDRSZ : -1;
	column->normal_header = normalize_header(column->header, strlen(column->header));
	getTypeInputInfo(column->type, &input, &column->input_param);
	fmgr_info(input, &column->input);
}

static void
compile_target(Profile *profile, const char *task_column)
{
	Relation	target = try_relation_open(profile->target, AccessShareLock);

	if (target == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("target table of profile \"%s\" does not exist any more", profile->name)));
	for (int i = 0; i < profile->count; i++)
		compile_column(&profile->columns[i], target);
	if (task_column != NULL)
	{
		profile->task_attnum = get_attnum(profile->target, task_column);
		if (profile->task_attnum == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", task_column,
							RelationGetRelationName(target)),
					 errdetail("The profile writes the task's id to it.")));
		profile->task_type = TupleDescAttr(RelationGetDescr(target), profile->task_attnum - 1)->atttypid;
	}
	relation_close(target, NoLock);
}

static char **
strings_of_array(Datum array, int *count)
{
	Datum	   *elements;
	char	  **strings;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, count);
	strings = palloc(sizeof(char *) * (size_t) Max(*count, 1));
	for (int i = 0; i < *count; i++)
		strings[i] = TextDatumGetCString(elements[i]);
	return strings;
}

Profile *
profile_load(int64 id)
{
	static OwnerStatement select = {
		"SELECT p.name, p.target::oid, p.task_column::text,"
		" array_agg(c.column_name::text ORDER BY c.position), array_agg(c.header ORDER BY c.position),"
		" array_agg(c.label ORDER BY c.position)"
		" FROM xlsx_private.profile p JOIN xlsx_private.profile_column c ON c.profile_id = p.id"
		" WHERE p.id = $1 GROUP BY p.id",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};
	Profile    *profile = palloc0(sizeof(Profile));
	OwnerRow	row;
	char	  **names;
	char	  **headers;
	char	  **labels;

	if (owner_run(&select, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the profile of this task does not exist any more")));
	profile->id = id;
	profile->name = TextDatumGetCString(row.values[0]);
	profile->target = DatumGetObjectId(row.values[1]);
	names = strings_of_array(row.values[3], &profile->count);
	headers = strings_of_array(row.values[4], &profile->count);
	labels = strings_of_array(row.values[5], &profile->count);
	profile->columns = palloc0(sizeof(ProfileColumn) * (size_t) profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		profile->columns[i].name = names[i];
		profile->columns[i].header = headers[i];
		profile->columns[i].label = labels[i];
	}
	compile_target(profile, row.nulls[2] ? NULL : TextDatumGetCString(row.values[2]));
	return profile;
}

static int64
default_profile(const char **name)
{
	static OwnerStatement select = {
		"SELECT id, name, count(*) OVER () FROM xlsx_private.profile ORDER BY id LIMIT 1", 0, {0}, NULL
	};
	OwnerRow	row;

	if (owner_run(&select, NULL, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no profile yet"),
				 errhint("Make one with xlsx.create_profile(name, target).")));
	if (DatumGetInt64(row.values[2]) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a profile must be named, because there are several"),
				 errhint("Name one, or set pg_xlsx.default_profile.")));
	*name = TextDatumGetCString(row.values[1]);
	return DatumGetInt64(row.values[0]);
}

int64
profile_find(const char **name)
{
	static OwnerStatement select = {
		"SELECT id FROM xlsx_private.profile WHERE name = $1", 1, {TEXTOID}, NULL
	};
	Datum		values[1];
	OwnerRow	row;

	if (*name == NULL && pg_xlsx_default_profile[0] != '\0')
		*name = pg_xlsx_default_profile;
	if (*name == NULL)
		return default_profile(name);
	values[0] = CStringGetTextDatum(*name);
	if (owner_run(&select, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("profile \"%s\" does not exist", *name),
				 errhint("The view xlsx.profiles lists the profiles.")));
	return DatumGetInt64(row.values[0]);
}

/*
 * Headers
 */

/* Text of a header cell; long enough for any header that could match. */
static size_t
header_text(const XlsxCell *cell, bool date1904, char *buffer, size_t size)
{
	size_t		length = xlsx_cell_text(cell, date1904, buffer, size);

	if (length < size)
		return length;
	length = size - 1;
	while (length > 0 && ((unsigned char) buffer[length] & 0xC0) == 0x80)
		length--;				/* cut at a character */
	return length;
}

static int
column_of_header(const Profile *profile, const char *normal_header, const uint32 *source)
{
	for (int i = 0; i < profile->count; i++)
		if (source[i] == 0 && strcmp(profile->columns[i].normal_header, normal_header) == 0)
			return i;
	return -1;
}

static char *
headers_message(const Profile *profile, const char *received)
{
	StringInfoData message;

	initStringInfo(&message);
	appendStringInfoString(&message, "Invalid headers. Expected: ");
	for (int i = 0; i < profile->count; i++)
		appendStringInfo(&message, "%s%s", i > 0 ? ", " : "", profile->columns[i].header);
	appendStringInfo(&message, ". Received: %s", received[0] != '\0' ? received : "(none)");
	return message.data;
}

bool
profile_map_headers(const Profile *profile, const XlsxRow *row, bool date1904, uint32 *source, char **message)
{
	StringInfoData received;
	int			matched = 0;
	bool		complete = true;

	initStringInfo(&received);
	memset(source, 0, sizeof(uint32) * (size_t) profile->count);
	for (uint32 i = 0; row != NULL && i < row->count; i++)
	{
		char		utf8[1024];
		size_t		length = header_text(&row->cells[i], date1904, utf8, sizeof(utf8));
		bool		valid;
		const char *text = text_to_server(utf8, length, &length, &valid);
		int			column;

		if (!valid)
			continue;
		text_trim(&text, &length);
		if (i < LISTED_HEADERS)
			appendStringInfo(&received, "%s%.*s", i > 0 ? ", " : "", (int) length, text);
		else if (i == LISTED_HEADERS)
			appendStringInfoString(&received, ", ...");
		column = column_of_header(profile, normalize_header(text, length), source);
		if (column >= 0)
		{
			source[column] = row->cells[i].column;
			matched++;
		}
	}
	for (int i = 0; i < profile->count; i++)
		complete = complete && (source[i] != 0 || !profile->columns[i].required);
	if (matched > 0 && complete)
		return true;
	*message = headers_message(profile, received.data);
	return false;
}
