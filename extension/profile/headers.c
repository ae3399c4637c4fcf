/*
 * headers.c
 *	  Header texts of a sheet -> columns of a profile.
 */
#include "profile/headers.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/jsonb.h"

/* Most received headers that a message lists. */
#define LISTED_HEADERS 50

static char *
normalize(const char *header, size_t length)
{
	char	   *lower;
	char	   *out;

	lower = text_from_server(str_tolower(header, length, DEFAULT_COLLATION_OID));
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

char *
headers_normalize(const char *header)
{
	return normalize(header, strlen(header));
}

/* Trimmed text of a header cell, cut to what could match; NULL if the database cannot store the text. */
static char *
header_text(const XlsxCell *cell)
{
	char		utf8[HEADERS_MOST_BYTES + 1];
	size_t		length = xlsx_cell_text(cell, utf8, sizeof(utf8));
	const char *text;
	bool		valid;

	if (length >= sizeof(utf8))
	{
		length = sizeof(utf8) - 1;
		while (length > 0 && ((unsigned char) utf8[length] & 0xC0) == 0x80)
			length--;			/* cut at a character */
	}
	text = utf8;
	text_trim(&text, &length);
	text = text_to_server(text, length, &length, &valid);
	return valid ? pnstrdup(text, length) : NULL;
}

/* One row on its way to a match. */
typedef struct Matching
{
	const Profile *profile;
	const XlsxRow *row;
	char	  **texts;			/* by cell, NULL for no text */
	char	  **normal;
	uint32	   *order;			/* cells with text by their normal header, then as they stand in the row */
	uint32		ordered;
	bool	   *taken;			/* by cell */
	HeaderMatch *match;
} Matching;

static int
compare_cells(const void *a, const void *b, void *matching)
{
	char	  **normal = ((Matching *) matching)->normal;
	uint32		x = *(const uint32 *) a;
	uint32		y = *(const uint32 *) b;
	int			order = strcmp(normal[x], normal[y]);

	return order != 0 ? order : (x > y) - (x < y);
}

/* The cells are sorted, because a sheet may have as many headers as columns and a profile looks for each of its own. */
static void
order_cells(Matching *matching)
{
	uint32		cells = matching->row != NULL ? matching->row->count : 0;

	matching->order = palloc(sizeof(uint32) * ((size_t) cells + 1));
	for (uint32 i = 0; i < cells; i++)
		if (matching->texts[i] != NULL)
			matching->order[matching->ordered++] = i;
	qsort_arg(matching->order, matching->ordered, sizeof(uint32), compare_cells, matching);
}

/* The first cell with this normal header that no column has taken; UINT32_MAX if there is none. */
static uint32
find_cell(const Matching *matching, const char *normal)
{
	uint32		low = 0;
	uint32		high = matching->ordered;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (strcmp(matching->normal[matching->order[middle]], normal) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < matching->ordered && strcmp(matching->normal[matching->order[low]], normal) == 0; low++)
		if (!matching->taken[matching->order[low]])
			return matching->order[low];
	return UINT32_MAX;
}

static void
take(Matching *matching, int column, uint32 cell)
{
	matching->taken[cell] = true;
	matching->match->source[column] = matching->row->cells[cell].column;
	matching->match->found[column] = matching->texts[cell];
	matching->match->matched++;
}

static bool
is_open(const Matching *matching, int column)
{
	return matching->match->source[column] == 0 && matching->profile->columns[column].source == SOURCE_CELL;
}

/* Cells that the mapping gives to a column, or leaves out. */
static void
match_mapping(Matching *matching, const char *mapping)
{
	Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(mapping)));
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbValue	value;
	JsonbIteratorToken token;
	char	   *key = NULL;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		int			column;
		uint32		cell;

		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY)
			key = normalize(value.val.string.val, (size_t) value.val.string.len);
		if (token != WJB_VALUE || key == NULL)
			continue;
		column = value.type == jbvString && value.val.string.len > 0 ?
			profile_column_index(matching->profile, pnstrdup(value.val.string.val, value.val.string.len)) : -1;
		if (column < 0 && value.type == jbvString && value.val.string.len > 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("mapping names column \"%s\", which the profile does not have",
							pnstrdup(value.val.string.val, value.val.string.len))));
		cell = find_cell(matching, key);
		if (cell == UINT32_MAX)
			continue;
		if (column >= 0 && is_open(matching, column))
			take(matching, column, cell);
		matching->taken[cell] = true;
	}
}

/* Matches by the headers of one strength. False if no column has a header of that strength. */
static bool
match_strength(Matching *matching, int strength)
{
	const Profile *profile = matching->profile;
	bool		any = false;

	for (int column = 0; column < profile->count; column++)
	{
		const TextList *headers = &profile->columns[column].normal_headers;
		uint32		cell;

		any = any || strength < headers->count;
		if (strength >= headers->count || !is_open(matching, column) || headers->items[strength][0] == '\0')
			continue;
		cell = find_cell(matching, headers->items[strength]);
		if (cell != UINT32_MAX)
			take(matching, column, cell);
	}
	return any;
}

static void
match_patterns(Matching *matching)
{
	const Profile *profile = matching->profile;

	for (int column = 0; column < profile->count; column++)
	{
		const char *pattern = profile->columns[column].pattern;

		if (pattern == NULL || !is_open(matching, column))
			continue;
		for (uint32 i = 0; i < matching->row->count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (!matching->taken[i] && matching->texts[i] != NULL &&
				DatumGetBool(DirectFunctionCall2Coll(texticregexeq, DEFAULT_COLLATION_OID,
													 CStringGetTextDatum(matching->texts[i]),
													 CStringGetTextDatum(pattern))))
			{
				take(matching, column, i);
				break;
			}
		}
	}
}

static char *
expected_message(const Matching *matching)
{
	const Profile *profile = matching->profile;
	StringInfoData message;
	int			listed = 0;

	initStringInfo(&message);
	appendStringInfoString(&message, "Invalid headers. Expected: ");
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].source == SOURCE_CELL)
			appendStringInfo(&message, "%s%s", listed++ > 0 ? ", " : "", profile->columns[i].header);
	appendStringInfoString(&message, ". Received: ");
	listed = 0;
	for (uint32 i = 0; matching->row != NULL && i < matching->row->count; i++)
	{
		if (matching->texts[i] == NULL)
			continue;
		if (listed == LISTED_HEADERS)
		{
			appendStringInfoString(&message, ", ...");
			break;
		}
		appendStringInfo(&message, "%s%s", listed++ > 0 ? ", " : "", matching->texts[i]);
	}
	if (listed == 0)
		appendStringInfoString(&message, "(none)");
	return message.data;
}

/* Must the column have a header? */
static bool
needs_header(const ProfileColumn *column)
{
	return column->source == SOURCE_CELL && column->required && column->default_value == NULL;
}

void
headers_match(const Profile *profile, const char *mapping, const XlsxRow *row, HeaderMatch *match)
{
	size_t		cells = row != NULL ? row->count : 0;
	Matching	matching = {
		.profile = profile,.row = row,.match = match,.texts = palloc0(sizeof(char *) * (cells + 1)),
		.normal = palloc0(sizeof(char *) * (cells + 1)),.taken = palloc0(sizeof(bool) * (cells + 1))
	};

	memset(match, 0, sizeof(*match));
	match->source = palloc0(sizeof(uint32) * (size_t) profile->count);
	match->found = palloc0(sizeof(char *) * (size_t) profile->count);
	for (size_t i = 0; i < cells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		matching.texts[i] = header_text(&row->cells[i]);
		if (matching.texts[i] != NULL)
			matching.normal[i] = headers_normalize(matching.texts[i]);
	}
	order_cells(&matching);
	if (row != NULL)
	{
		if (mapping != NULL)
			match_mapping(&matching, mapping);
		for (int strength = 0; match_strength(&matching, strength); strength++)
			;
		match_patterns(&matching);
	}
	match->complete = true;
	for (int i = 0; i < profile->count; i++)
		match->complete = match->complete && (match->source[i] != 0 || !needs_header(&profile->columns[i]));
	if (match->matched == 0 || !match->complete)
		match->message = expected_message(&matching);
}

TextList
headers_of_extras(const XlsxRow *row, const HeaderMatch *match, int count)
{
	uint32		last = 0;
	TextList	extras;
	SourceIndex taken;

	source_index_create(&taken, match->source, count);

	for (uint32 i = 0; row != NULL && i < row->count; i++)
		last = Max(last, row->cells[i].column);
	extras.count = (int) last;
	extras.items = palloc0(sizeof(char *) * ((size_t) last + 1));
	for (uint32 i = 0; row != NULL && i < row->count; i++)
	{
		if (source_index_column(&taken, row->cells[i].column) < 0)
			extras.items[row->cells[i].column - 1] = header_text(&row->cells[i]);
	}
	return extras;
}

void
source_index_create(SourceIndex *index, const uint32 *source, int count)
{
	index->last = 0;
	for (int i = 0; i < count; i++)
		index->last = Max(index->last, source[i]);
	index->columns = palloc(sizeof(int) * ((size_t) index->last + 1));
	for (uint32 at = 0; at <= index->last; at++)
		index->columns[at] = -1;
	for (int i = 0; i < count; i++)
		if (source[i] > 0)
			index->columns[source[i]] = i;
}

void
source_index_cells(const SourceIndex *index, const XlsxRow *row, const XlsxCell **cells, int count)
{
	memset(cells, 0, sizeof(XlsxCell *) * (size_t) count);
	for (uint32 i = 0; i < row->count; i++)
	{
		int			column = source_index_column(index, row->cells[i].column);

		if (column >= 0)
			cells[column] = &row->cells[i];
	}
}
