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
#include "profile/header_places.h"
#include "profile/header_report.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

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

/* One row on its way to a match, in one form after the other. */
typedef struct Matching
{
	const Profile *profile;
	HeaderMatch *match;
	HeaderForm	form;
	int		   *order;			/* headers by their form, then as they stand in the row */
	int			ordered;
} Matching;

static char *
form_of(FoundHeader *header, HeaderForm form)
{
	if (header->forms[form] == NULL)
		header->forms[form] = header_form(header->text, strlen(header->text), form);
	return header->forms[form];
}

static int
compare_headers(const void *a, const void *b, void *argument)
{
	const Matching *matching = argument;
	int			x = *(const int *) a;
	int			y = *(const int *) b;
	int			order = strcmp(matching->match->headers[x].forms[matching->form], matching->match->headers[y].forms[matching->form]);

	return order != 0 ? order : (x > y) - (x < y);
}

/* The headers are sorted, because a sheet may have as many headers as columns and a profile looks for each of its own. */
static void
begin_form(Matching *matching, HeaderForm form)
{
	HeaderMatch *match = matching->match;

	matching->form = form;
	matching->ordered = 0;
	for (int i = 0; i < match->header_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (match->headers[i].taken)
			continue;
		(void) form_of(&match->headers[i], form);
		matching->order[matching->ordered++] = i;
	}
	qsort_arg(matching->order, (size_t) matching->ordered, sizeof(int), compare_headers, matching);
}

/* Place in order of the first header with this form, or where it would be. */
static int
first_with(const Matching *matching, const char *form)
{
	int			low = 0;
	int			high = matching->ordered;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (strcmp(matching->match->headers[matching->order[middle]].forms[matching->form], form) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The first header of this form that no column has taken; NULL if there is none. Where the form leaves something
 * out, headers that differ in it cannot be told apart: then there is none, too.
 */
static FoundHeader *
find_header(const Matching *matching, const char *form)
{
	FoundHeader *found = NULL;

	for (int at = first_with(matching, form); at < matching->ordered; at++)
	{
		FoundHeader *header = &matching->match->headers[matching->order[at]];

		if (strcmp(header->forms[matching->form], form) != 0)
			break;
		if (header->taken)
			continue;
		if (found == NULL)
			found = header;
		else if (strcmp(form_of(found, HEADER_AS_WRITTEN), form_of(header, HEADER_AS_WRITTEN)) != 0)
			return NULL;
		if (matching->form == HEADER_AS_WRITTEN)
			break;
	}
	return found;
}

static void
take(Matching *matching, int column, FoundHeader *header)
{
	header->taken = true;
	matching->match->source[column] = header->column;
	matching->match->found[column] = header->text;
	matching->match->matched++;
}

static bool
is_open(const Matching *matching, int column)
{
	return matching->match->source[column] == 0 && matching->profile->columns[column].source == SOURCE_CELL;
}

/* Headers that the mapping gives to a column, or leaves out. */
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
		FoundHeader *header;

		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY)
			key = pnstrdup(value.val.string.val, (Size) value.val.string.len);
		if (token != WJB_VALUE || key == NULL)
			continue;
		column = value.type == jbvString && value.val.string.len > 0 ?
			profile_column_index(matching->profile, pnstrdup(value.val.string.val, (Size) value.val.string.len)) : -1;
		if (column < 0 && value.type == jbvString && value.val.string.len > 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("mapping names column \"%s\", which the profile does not have",
							pnstrdup(value.val.string.val, (Size) value.val.string.len))));
		header = find_header(matching, header_form(key, strlen(key), HEADER_AS_WRITTEN));
		if (header == NULL)
		{
			if (matching->match->unknown == NULL)
				matching->match->unknown = key;
			continue;
		}
		if (column >= 0 && is_open(matching, column))
			take(matching, column, header);
		else
			header->left_out = true;
		header->taken = true;
	}
}

/* Does another column that is still open have this form? Then no header can decide between the two. */
static bool
is_shared(const Matching *matching, int column, const char *form)
{
	const Profile *profile = matching->profile;

	for (int other = 0; matching->form != HEADER_AS_WRITTEN && other < profile->count; other++)
	{
		const TextList *forms = &profile->columns[other].forms[matching->form];

		for (int i = 0; other != column && i < forms->count && is_open(matching, other); i++)
			if (strcmp(forms->items[i], form) == 0)
				return true;
	}
	return false;
}

/* Matches by the headers of one strength. False if no column has a header of that strength. */
static bool
match_strength(Matching *matching, int strength)
{
	const Profile *profile = matching->profile;
	bool		any = false;

	for (int column = 0; column < profile->count; column++)
	{
		const TextList *forms = &profile->columns[column].forms[matching->form];
		FoundHeader *header;

		CHECK_FOR_INTERRUPTS();
		any = any || strength < forms->count;
		if (strength >= forms->count || !is_open(matching, column) || forms->items[strength][0] == '\0')
			continue;
		header = find_header(matching, forms->items[strength]);
		if (header != NULL && !is_shared(matching, column, forms->items[strength]))
			take(matching, column, header);
	}
	return any;
}

static bool
has_open(const Matching *matching)
{
	for (int i = 0; i < matching->profile->count; i++)
		if (is_open(matching, i))
			return true;
	return false;
}

static void
match_forms(Matching *matching)
{
	for (HeaderForm form = HEADER_AS_WRITTEN; form < HEADER_FORMS && has_open(matching); form++)
	{
		if (form != HEADER_AS_WRITTEN)
			begin_form(matching, form);
		for (int strength = 0; match_strength(matching, strength); strength++)
			;
	}
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
		for (int i = 0; i < matching->match->header_count; i++)
		{
			FoundHeader *header = &matching->match->headers[i];

			CHECK_FOR_INTERRUPTS();
			if (!header->taken &&
				DatumGetBool(DirectFunctionCall2Coll(texticregexeq, DEFAULT_COLLATION_OID,
													 CStringGetTextDatum(header->text), CStringGetTextDatum(pattern))))
			{
				take(matching, column, header);
				break;
			}
		}
	}
}

static void
take_headers(HeaderMatch *match, const XlsxRow *row, const XlsxRange *range)
{
	match->headers = palloc0(sizeof(FoundHeader) * ((size_t) row->count + 1));
	for (uint32 i = 0; i < row->count; i++)
	{
		FoundHeader *header = &match->headers[match->header_count];

		CHECK_FOR_INTERRUPTS();
		if (row->cells[i].column < range->first_column || row->cells[i].column > range->last_column)
			continue;
		*header = (FoundHeader) {.column = row->cells[i].column,.text = header_text(&row->cells[i])};
		match->header_count += header->text != NULL && header->text[0] != '\0';
	}
}

static void
judge_match(const Profile *profile, HeaderMatch *match)
{
	match->complete = true;
	for (int i = 0; i < profile->count; i++)
		match->complete = match->complete && (match->source[i] != 0 || !profile->columns[i].needs_header);
	if (match->matched + match->placed == 0 || !match->complete)
		match->message = header_report_message(profile, match);
}

static void
begin_match(const Profile *profile, HeaderMatch *match)
{
	memset(match, 0, sizeof(*match));
	match->source = palloc0(sizeof(uint32) * (size_t) Max(profile->count, 1));
	match->found = palloc0(sizeof(char *) * (size_t) Max(profile->count, 1));
}

void
headers_match(const Profile *profile, const char *mapping, const XlsxRow *row, const XlsxRange *range, HeaderMatch *match)
{
	Matching	matching = {.profile = profile,.match = match};

	begin_match(profile, match);
	if (row != NULL)
	{
		take_headers(match, row, range);
		matching.order = palloc(sizeof(int) * ((size_t) match->header_count + 1));
		begin_form(&matching, HEADER_AS_WRITTEN);
		if (mapping != NULL)
			match_mapping(&matching, mapping);
		match_forms(&matching);
		match_patterns(&matching);
		header_places_unnamed(profile, range, match);
	}
	judge_match(profile, match);
}

void
headers_place(const Profile *profile, const char *mapping, const XlsxRange *range, HeaderMatch *match)
{
	begin_match(profile, match);
	header_places_all(profile, mapping, range, match);
	judge_match(profile, match);
}

TextList
headers_of_extras(const HeaderMatch *match, int count)
{
	uint32		last = 0;
	TextList	extras;
	SourceIndex taken;

	source_index_create(&taken, match->source, count);
	for (int i = 0; i < match->header_count; i++)
		last = Max(last, match->headers[i].column);
	extras.count = (int) last;
	extras.items = palloc0(sizeof(char *) * ((size_t) last + 1));
	for (int i = 0; i < match->header_count; i++)
		if (source_index_column(&taken, match->headers[i].column) < 0)
			extras.items[match->headers[i].column - 1] = match->headers[i].text;
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
source_index_cells(const SourceIndex *index, const XlsxRow *row, const XlsxCell **cells, int count, Sightings *sightings)
{
	memset(cells, 0, sizeof(XlsxCell *) * (size_t) count);
	for (uint32 i = 0; i < row->count; i++)
	{
		int			column = source_index_column(index, row->cells[i].column);

		if (column >= 0)
			cells[column] = &row->cells[i];
		else
			sightings_cell(sightings, &row->cells[i]);
	}
}
