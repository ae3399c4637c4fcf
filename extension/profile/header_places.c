/*
 * header_places.c
 *	  Columns of a sheet that are found by their place, not by a header.
 */
#include "profile/header_places.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#define MOST_LETTERS 3
#define MOST_DIGITS 5

static bool
is_free(const Profile *profile, const HeaderMatch *match, uint32 at)
{
	for (int i = 0; i < match->header_count; i++)
		if (match->headers[i].column == at)
			return false;
	for (int i = 0; i < profile->count; i++)
		if (match->source[i] == at)
			return false;
	return true;
}

static bool
is_open(const Profile *profile, const HeaderMatch *match, int column)
{
	return match->source[column] == 0 && profile->columns[column].source == SOURCE_CELL;
}

static bool
is_within(const XlsxRange *range, uint32 at)
{
	return at >= range->first_column && at <= range->last_column;
}

static void
place(HeaderMatch *match, int column, uint32 at)
{
	match->source[column] = at;
	match->placed++;
}

void
header_places_unnamed(const Profile *profile, const XlsxRange *range, HeaderMatch *match)
{
	for (int column = 0; column < profile->count; column++)
	{
		uint32		at = header_position(profile->columns[column].name);

		CHECK_FOR_INTERRUPTS();
		if (at > 0 && is_within(range, at) && is_open(profile, match, column) && is_free(profile, match, at))
			place(match, column, at);
	}
}

/* "c" is column 3 of the sheet, "3" the third column of the range; 0 for any other text. */
static uint32
place_said(const char *text, const XlsxRange *range)
{
	size_t		length = strlen(text);
	size_t		digits = strspn(text, "0123456789");
	uint32		at = 0;

	if (digits > 0)
		return digits == length && digits <= MOST_DIGITS && atoi(text) > 0 ? range->first_column + (uint32) atoi(text) - 1 : 0;
	if (length == 0 || length > MOST_LETTERS || strspn(text, "abcdefghijklmnopqrstuvwxyz") < length)
		return 0;
	for (size_t i = 0; i < length; i++)
		at = at * 26 + (uint32) (text[i] - 'a') + 1;
	return at;
}

static void
refuse_key(const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("mapping names \"%s\", which is no column of the sheet", key),
			 errdetail("Without a header row its keys are letters or numbers of columns."),
			 errhint("Write it as {\"A\": \"column_name\"} or {\"1\": \"column_name\"}.")));
}

static void
place_mapping(const Profile *profile, const char *mapping, const XlsxRange *range, HeaderMatch *match)
{
	Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(mapping)));
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbValue	value;
	JsonbIteratorToken token;
	char	   *key = NULL;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		char	   *name;
		int			column;
		uint32		at;

		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY)
			key = pnstrdup(value.val.string.val, (Size) value.val.string.len);
		if (token != WJB_VALUE || key == NULL)
			continue;
		at = place_said(header_form(key, strlen(key), HEADER_AS_WRITTEN), range);
		if (at == 0)
			refuse_key(key);
		if (value.type != jbvString || value.val.string.len == 0)
			continue;
		name = pnstrdup(value.val.string.val, (Size) value.val.string.len);
		column = profile_column_index(profile, name);
		if (column < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("mapping names column \"%s\", which the profile does not have", name)));
		if (is_open(profile, match, column) && is_free(profile, match, at))
			place(match, column, at);
	}
}

/* The place that the header of a column, or an alias, says. A header that is the column's own name says none. */
static uint32
place_of(const ProfileColumn *column, const XlsxRange *range)
{
	const TextList *forms = &column->forms[HEADER_AS_WRITTEN];
	uint32		at = 0;

	for (int i = 0; i + 2 < forms->count && at == 0; i++)
		if (strcmp(forms->items[i], forms->items[forms->count - 2]) != 0)
			at = place_said(forms->items[i], range);
	return at > 0 ? at : header_position(column->name);
}

void
header_places_all(const Profile *profile, const char *mapping, const XlsxRange *range, HeaderMatch *match)
{
	uint32		next = range->first_column;

	if (mapping != NULL)
		place_mapping(profile, mapping, range, match);
	for (int column = 0; column < profile->count; column++)
	{
		uint32		at = place_of(&profile->columns[column], range);

		CHECK_FOR_INTERRUPTS();
		if (at > 0 && is_within(range, at) && is_open(profile, match, column) && is_free(profile, match, at))
			place(match, column, at);
	}
	for (int column = 0; match->placed == 0 && column < profile->count; column++)
		if (profile->columns[column].source == SOURCE_CELL)
			match->source[column] = next++;
	if (match->placed == 0)
		match->placed = (int) (next - range->first_column);
}

bool
header_places_only(const Profile *profile)
{
	bool		any = false;

	for (int i = 0; i < profile->count; i++)
	{
		if (profile->columns[i].source != SOURCE_CELL)
			continue;
		any = true;
		if (header_position(profile->columns[i].name) == 0)
			return false;
	}
	return any;
}
