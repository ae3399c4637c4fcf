/*
 * header_report.c
 *	  What a matched header row leaves open.
 */
#include "profile/header_report.h"

#include "core/ref.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pg/text_distance.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* Most headers that a message lists. */
#define LISTED_HEADERS 50

/* Columns, and headers, that are compared with each other to find the nearest. */
#define COMPARED_HEADERS 200

/* Most bytes of a header in a report. */
#define SHOWN_BYTES 200

static bool
is_missing(const Profile *profile, const HeaderMatch *match, int column)
{
	return profile->columns[column].source == SOURCE_CELL && match->source[column] == 0;
}

/* Does a column take all headers that no other takes? */
static bool
takes_others(const Profile *profile)
{
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].source == SOURCE_EXTRA)
			return true;
	return false;
}

/* The form without anything but letters; that of the match where it has one. */
static char *
letters_of(const FoundHeader *header)
{
	return header->forms[HEADER_LETTERS] != NULL ? header->forms[HEADER_LETTERS] :
		header_form(header->text, strlen(header->text), HEADER_LETTERS);
}

/* Is a good part of a text another text? */
static bool
contains(const char *text, const char *part)
{
	return strlen(part) >= 3 && strlen(part) * 3 >= strlen(text) && strstr(text, part) != NULL;
}

/* Of the headers that no column takes, the one that is most like the column's own or its name; NULL where none is. */
static const char *
nearest(const Profile *profile, const HeaderMatch *match, int column)
{
	const TextList *forms = &profile->columns[column].forms[HEADER_LETTERS];
	const char *found = NULL;
	double		best = 0.5;

	for (int i = 0; i < Min(match->header_count, COMPARED_HEADERS); i++)
	{
		char	   *letters = letters_of(&match->headers[i]);

		CHECK_FOR_INTERRUPTS();
		for (int k = 0; k < forms->count && !match->headers[i].taken && letters[0] != '\0' && forms->items[k][0] != '\0'; k++)
		{
			double		longest = (double) Max(strlen(letters), strlen(forms->items[k]));
			double		unlike = text_distance(letters, forms->items[k]) / Min(longest, 64);

			if (contains(letters, forms->items[k]) || contains(forms->items[k], letters))
				unlike = Min(unlike, 0.45);
			if (unlike < best)
			{
				best = unlike;
				found = match->headers[i].text;
			}
		}
	}
	return found;
}

char *
header_report_message(const Profile *profile, const HeaderMatch *match)
{
	StringInfoData message;
	int			listed = 0;

	initStringInfo(&message);
	appendStringInfoString(&message, "Invalid headers. Expected: ");
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].source == SOURCE_CELL)
			appendStringInfo(&message, "%s%s", listed++ > 0 ? ", " : "", profile->columns[i].header);
	appendStringInfoString(&message, ". Received: ");
	for (int i = 0; i < Min(match->header_count, LISTED_HEADERS); i++)
		appendStringInfo(&message, "%s%s", i > 0 ? ", " : "", match->headers[i].text);
	if (match->header_count > LISTED_HEADERS)
		appendStringInfoString(&message, ", ...");
	if (match->header_count == 0)
		appendStringInfoString(&message, "(none)");
	return message.data;
}

/*
 * As JSON
 */

/* A text, cut where it is too long. */
static void
put_text(StringInfo json, const char *text)
{
	size_t		length = strlen(text);

	if (length > SHOWN_BYTES)
		text = psprintf("%.*s…", pg_mbcliplen(text, (int) length, SHOWN_BYTES), text);
	escape_json(json, text);
}

static void
put_column(StringInfo json, uint32 column)
{
	char		letters[8];

	xlsx_ref_column(column, letters);
	escape_json(json, letters);
}

char *
header_report_missing(const Profile *profile, const HeaderMatch *match)
{
	StringInfoData json;
	int			compared = 0;

	initStringInfo(&json);
	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];
		const char *like;

		if (!is_missing(profile, match, i))
			continue;
		like = compared++ < COMPARED_HEADERS ? nearest(profile, match, i) : NULL;
		appendStringInfoString(&json, json.len > 0 ? ", {\"column\": " : "[{\"column\": ");
		put_text(&json, column->name);
		appendStringInfoString(&json, ", \"header\": ");
		put_text(&json, column->header);
		appendStringInfo(&json, ", \"required\": %s, \"nearest\": ", column->needs_header ? "true" : "false");
		if (like != NULL)
			put_text(&json, like);
		else
			appendStringInfoString(&json, "null");
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoString(&json, json.len > 0 ? "]" : "[]");
	return json.data;
}

static void
put_unused(StringInfo json, const char *header, uint32 column)
{
	appendStringInfoString(json, json->len > 0 ? ", {\"header\": " : "[{\"header\": ");
	if (header != NULL)
		put_text(json, header);
	else
		appendStringInfoString(json, "null");
	appendStringInfoString(json, ", \"col\": ");
	put_column(json, column);
	appendStringInfoChar(json, '}');
}

char *
header_report_unused(const Profile *profile, const HeaderMatch *match, const XlsxRange *range, const uint8 *filled, uint32 count)
{
	StringInfoData json;
	SourceIndex sources;
	bool		others = takes_others(profile);
	int			next = 0;
	uint32		last = Max(count, match->header_count > 0 ? match->headers[match->header_count - 1].column : 0);

	source_index_create(&sources, match->source, profile->count);
	initStringInfo(&json);
	for (uint32 at = 1; at <= last; at++)
	{
		const FoundHeader *header = NULL;

		CHECK_FOR_INTERRUPTS();
		for (; next < match->header_count && match->headers[next].column <= at; next++)
			if (match->headers[next].column == at)
				header = &match->headers[next];
		if (header != NULL ? (!header->taken && !others) || header->left_out :
			at >= range->first_column && at <= range->last_column && at <= count && filled[at - 1] != 0 && source_index_column(&sources, at) < 0)
			put_unused(&json, header != NULL ? header->text : NULL, at);
	}
	appendStringInfoString(&json, json.len > 0 ? "]" : "[]");
	return json.data;
}

static int
compare_forms(const void *a, const void *b)
{
	const FoundHeader *x = *(const FoundHeader *const *) a;
	const FoundHeader *y = *(const FoundHeader *const *) b;
	int			order = strcmp(x->forms[HEADER_AS_WRITTEN], y->forms[HEADER_AS_WRITTEN]);

	return order != 0 ? order : (x->column > y->column) - (x->column < y->column);
}

/* Headers in the order of their form. */
static FoundHeader **
by_form(const HeaderMatch *match)
{
	FoundHeader **headers = palloc(sizeof(FoundHeader *) * ((size_t) match->header_count + 1));

	for (int i = 0; i < match->header_count; i++)
	{
		headers[i] = &match->headers[i];
		if (headers[i]->forms[HEADER_AS_WRITTEN] == NULL)
			headers[i]->forms[HEADER_AS_WRITTEN] = header_form(headers[i]->text, strlen(headers[i]->text), HEADER_AS_WRITTEN);
	}
	qsort(headers, (size_t) match->header_count, sizeof(FoundHeader *), compare_forms);
	return headers;
}

char *
header_report_duplicates(const HeaderMatch *match)
{
	FoundHeader **headers = by_form(match);
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0, end; i < match->header_count; i = end)
	{
		CHECK_FOR_INTERRUPTS();
		for (end = i + 1; end < match->header_count &&
			 strcmp(headers[i]->forms[HEADER_AS_WRITTEN], headers[end]->forms[HEADER_AS_WRITTEN]) == 0;)
			end++;
		if (end == i + 1)
			continue;
		appendStringInfoString(&json, json.len > 0 ? ", {\"header\": " : "[{\"header\": ");
		put_text(&json, headers[i]->text);
		appendStringInfoString(&json, ", \"cols\": ");
		for (int k = i; k < end; k++)
		{
			appendStringInfoString(&json, k > i ? ", " : "[");
			put_column(&json, headers[k]->column);
		}
		appendStringInfoString(&json, "]}");
	}
	appendStringInfoString(&json, json.len > 0 ? "]" : "[]");
	return json.data;
}

/*
 * As sentences
 */

static bool
has_unused(const Profile *profile, const HeaderMatch *match)
{
	for (int i = 0; i < match->header_count; i++)
		if (!match->headers[i].taken && !takes_others(profile))
			return true;
	return false;
}

static bool
has_missing(const Profile *profile, const HeaderMatch *match)
{
	for (int i = 0; i < profile->count; i++)
		if (is_missing(profile, match, i))
			return true;
	return false;
}

static bool
has_duplicates(const HeaderMatch *match)
{
	return strcmp(header_report_duplicates(match), "[]") != 0;
}

/* Do the columns of the profile stand in the sheet in their order? */
static bool
is_in_order(const Profile *profile, const HeaderMatch *match)
{
	uint32		last = 0;

	for (int i = 0; i < profile->count; i++)
	{
		if (match->source[i] > 0 && match->source[i] < last)
			return false;
		last = Max(last, match->source[i]);
	}
	return true;
}

bool
header_report_passes(const Profile *profile, const HeaderMatch *match, HeaderCheck check)
{
	if (match->message != NULL || match->unknown != NULL)
		return false;
	if (check == HEADER_CHECK_ANY)
		return true;
	if (has_missing(profile, match) || has_unused(profile, match))
		return false;
	return check == HEADER_CHECK_KNOWN || (is_in_order(profile, match) && !has_duplicates(match));
}

static void
say_missing(StringInfo detail, const Profile *profile, const HeaderMatch *match)
{
	int			listed = 0;

	for (int i = 0; i < profile->count && listed <= LISTED_HEADERS; i++)
	{
		const char *like;

		if (!is_missing(profile, match, i))
			continue;
		if (listed++ == LISTED_HEADERS)
		{
			appendStringInfoString(detail, ", ...");
			break;
		}
		like = nearest(profile, match, i);
		appendStringInfo(detail, "%s%s", listed == 1 ? " Missing: " : ", ", profile->columns[i].header);
		if (like != NULL)
			appendStringInfo(detail, " (nearest: %s)", like);
	}
	appendStringInfoString(detail, listed > 0 ? "." : "");
}

static void
say_unused(StringInfo detail, const HeaderMatch *match)
{
	int			listed = 0;

	for (int i = 0; i < match->header_count && listed <= LISTED_HEADERS; i++)
		if (!match->headers[i].taken)
		{
			if (listed == LISTED_HEADERS)
				appendStringInfoString(detail, ", ...");
			else
				appendStringInfo(detail, "%s%s", listed == 0 ? " Not in the profile: " : ", ", match->headers[i].text);
			listed++;
		}
	appendStringInfoString(detail, listed > 0 ? "." : "");
}

char *
header_report_detail(const Profile *profile, const HeaderMatch *match, HeaderCheck check, const char *sheet, uint32 row)
{
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfo(&detail, "Sheet \"%s\"", sheet);
	if (row > 0)
		appendStringInfo(&detail, ", row %u.", row);
	else
		appendStringInfoString(&detail, " has no header row.");
	if (match->unknown != NULL)
		appendStringInfo(&detail, " The mapping names the header \"%s\", which is not there.", match->unknown);
	say_missing(&detail, profile, match);
	say_unused(&detail, match);
	if (check == HEADER_CHECK_EXACT && has_duplicates(match))
		appendStringInfo(&detail, " Some headers are there more than once: %s.", header_report_duplicates(match));
	if (check == HEADER_CHECK_EXACT && !is_in_order(profile, match))
		appendStringInfoString(&detail, " The columns are not in the order of the profile.");
	return detail.data;
}
