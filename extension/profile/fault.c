/*
 * fault.c
 *	  The codes of what can be wrong, and the choice of a language for its messages.
 */
#include "profile/fault.h"

#include "pg/text_encoding.h"
#include "profile/fault_texts.h"

static const char *const codes_of_cells[CELL_FAULTS] = {
	[FAULT_REQUIRED] = "required",
	[FAULT_CELL_ERROR] = "cell_error",
	[FAULT_RICH_VALUE] = "cell_error",
	[FAULT_NO_VALUE] = "no_value",
	[FAULT_TEXT] = "text",
	[FAULT_LENGTH] = "length",
	[FAULT_NOT_INTEGER] = "type",
	[FAULT_NOT_NUMBER] = "type",
	[FAULT_NOT_BOOLEAN] = "type",
	[FAULT_NOT_DATE] = "type",
	[FAULT_NOT_TIMESTAMP] = "type",
	[FAULT_NOT_TIME] = "type",
	[FAULT_NOT_WORD] = "type",
	[FAULT_NOT_VALID] = "type",
	[FAULT_RANGE] = "range",
	[FAULT_DIGITS] = "range",
	[FAULT_WHOLE_DIGITS] = "range",
	[FAULT_DECIMALS] = "exactness",
	[FAULT_TIME_OF_DAY] = "exactness",
	[FAULT_INEXACT] = "exactness",
	[FAULT_TWO_READINGS] = "ambiguous",
	[FAULT_LOOKUP] = "lookup",
	[FAULT_AMBIGUOUS] = "ambiguous",
	[FAULT_TRANSFORM] = "transform",
};

static const char *const codes_of_rules[] = {
	[RULE_REQUIRED] = "required",
	[RULE_MIN] = "min",
	[RULE_MAX] = "max",
	[RULE_MIN_LENGTH] = "min_length",
	[RULE_MAX_LENGTH] = "max_length",
	[RULE_PATTERN] = "pattern",
	[RULE_ONE_OF] = "one_of",
	[RULE_UNIQUE] = "unique",
	[RULE_EXPRESSION] = "rule",
};

static const char *const codes_of_rows[ROW_FAULTS] = {
	[ROW_UNIQUE] = "unique",
	[ROW_UNIQUE_MANY] = "unique",
	[ROW_FOREIGN_KEY] = "foreign_key",
	[ROW_FOREIGN_KEY_MANY] = "foreign_key",
	[ROW_CHECK] = "check",
	[ROW_CHECK_OF_ROW] = "check",
	[ROW_NOT_NULL] = "not_null",
	[ROW_EXCLUSION] = "exclusion",
	[ROW_EXCLUSION_MANY] = "exclusion",
	[ROW_NOT_FOUND] = "not_found",
	[ROW_DUPLICATE_KEY] = "duplicate_key",
	[ROW_TRANSFORM] = "transform",
};

static const FaultTexts *const languages[] = {
	&fault_texts_en, &fault_texts_de, &fault_texts_fr, &fault_texts_es, &fault_texts_pt
};

const char *
fault_code(CellFault fault)
{
	return codes_of_cells[fault];
}

const char *
fault_code_of_rule(RuleKind kind)
{
	return codes_of_rules[kind];
}

const char *
fault_code_of_row(RowFault fault)
{
	return codes_of_rows[fault];
}

/*
 * Languages
 */

static const FaultTexts *
texts_of(const char *locale)
{
	size_t		length = locale != NULL ? strcspn(locale, "-_.@") : 0;

	for (size_t i = 0; i < lengthof(languages); i++)
		if (length == strlen(languages[i]->language) && pg_strncasecmp(locale, languages[i]->language, length) == 0)
			return languages[i];
	return &fault_texts_en;
}

/* A database whose encoding lacks a letter gets the message in English. */
static const char *
in_server_encoding(const char *text, const char *english)
{
	size_t		length;
	bool		valid;
	const char *converted;

	if (text == NULL)
		return english;
	converted = text_to_server(text, strlen(text), &length, &valid);
	if (!valid)
		return english;
	return converted == text ? text : pnstrdup(converted, length);
}

const char *
fault_text(CellFault fault, const char *locale)
{
	return in_server_encoding(texts_of(locale)->of_cells[fault], fault_texts_en.of_cells[fault]);
}

const char *
fault_text_of_rule(RuleKind kind, const char *locale)
{
	return in_server_encoding(texts_of(locale)->of_rules[kind], fault_texts_en.of_rules[kind]);
}

const char *
fault_text_of_row(RowFault fault, const char *locale)
{
	return in_server_encoding(texts_of(locale)->of_rows[fault], fault_texts_en.of_rows[fault]);
}

const char *
fault_text_at(int language, int i, const char **name)
{
	const FaultTexts *texts;

	*name = NULL;
	if (language >= (int) lengthof(languages))
		return NULL;
	texts = languages[language];
	*name = texts->language;
	if (i < CELL_FAULTS)
		return texts->of_cells[i];
	i -= CELL_FAULTS;
	return i <= RULE_EXPRESSION ? texts->of_rules[i] : texts->of_rows[i - RULE_EXPRESSION - 1];
}

bool
fault_is_without_text(CellFault fault)
{
	return fault == FAULT_REQUIRED || fault == FAULT_CELL_ERROR || fault == FAULT_RICH_VALUE || fault == FAULT_NO_VALUE || fault == FAULT_TEXT;
}
