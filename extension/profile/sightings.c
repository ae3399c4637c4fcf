/*
 * sightings.c
 *	  What the rows of a sheet show besides the values that are imported.
 */
#include "profile/sightings.h"

#include "lib/stringinfo.h"
#include "pg/row_number.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* Words that stand alone in front of a total, in lower case. */
static const char *const total_words[] = {
	"total", "totals", "grand total", "sum", "subtotal", "sub total", "sub-total",
	"summe", "gesamt", "gesamtsumme", "insgesamt", "zwischensumme", "endsumme",
	"total général", "total general", "sous-total", "somme",
	"suma", "total geral", "soma", "totale", "totaal"
};

void
sightings_note(Sightings *sightings, const XlsxCell *cell)
{
	const char *text = cell->text;
	size_t		length = cell->length;

	if (cell->kind == XLSX_TEXT)
		text_trim(&text, &length);
	if (cell->kind != XLSX_TEXT || length > 0)
		sightings->filled[cell->column - 1] = 1;
}

static bool
is_total_word(const char *text, size_t length)
{
	if (length > 0 && text[length - 1] == ':')
		length--;
	for (size_t i = 0; i < lengthof(total_words); i++)
		if (strlen(total_words[i]) == length && pg_strncasecmp(total_words[i], text, length) == 0)
			return true;
	return false;
}

static void
note_total(Sightings *sightings, uint32 row, const char *word, size_t length)
{
	int			at = sightings->total_count;

	for (int i = 0; i < sightings->total_count; i++)
		if (sightings->totals[i] == row)
			return;
	while (at > 0 && sightings->totals[at - 1] > row)
		at--;
	if (at == SIGHTED_TOTALS)
		return;
	sightings->total_count = Min(sightings->total_count + 1, SIGHTED_TOTALS);
	for (int i = sightings->total_count - 1; i > at; i--)
	{
		sightings->totals[i] = sightings->totals[i - 1];
		memcpy(sightings->words[i], sightings->words[i - 1], sizeof(sightings->words[i]));
	}
	sightings->totals[at] = row;
	memcpy(sightings->words[at], word, length);
	sightings->words[at][length] = '\0';
}

void
sightings_row(Sightings *sightings, const XlsxRow *row)
{
	for (uint32 i = 0; i < row->count; i++)
	{
		const char *text = row->cells[i].text;
		size_t		length = row->cells[i].length;

		if (row->cells[i].kind != XLSX_TEXT || length > 4 * SIGHTED_WORD)
			return;
		text_trim(&text, &length);
		if (length == 0)
			continue;
		if (length <= SIGHTED_WORD && is_total_word(text, length))
			note_total(sightings, row->number, text, length);
		return;
	}
}

void
sightings_add(Sightings *sightings, const Sightings *other)
{
	for (int i = 0; i < SIGHTED_COLUMNS; i++)
		sightings->filled[i] |= other->filled[i];
	for (int i = 0; i < other->total_count; i++)
		note_total(sightings, other->totals[i], other->words[i], strlen(other->words[i]));
}

char *
sightings_notes(const Sightings *sightings, const char *others)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0; i < sightings->total_count; i++)
	{
		uint32		row = row_in_sheet(sightings->totals[i]);

		appendStringInfo(&json, "%s{\"code\": \"total_row\", \"row\": %u, \"message\": ", i > 0 ? ", " : "", row);
		escape_json(&json, psprintf("Row %u (\"%s\") looks like a total. To leave it out, give stop_at or skip_end.", row,
									text_for_people(sightings->words[i], strlen(sightings->words[i]))));
		appendStringInfoChar(&json, '}');
	}
	appendStringInfo(&json, "%s%s", json.len > 0 && others[0] != '\0' ? ", " : "", others);
	return json.data;
}
