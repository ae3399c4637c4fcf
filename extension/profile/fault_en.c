/*
 * fault_en.c
 *	  The built-in messages in English.
 *
 * All languages have the same messages with the same places, in characters of Latin-1, in UTF-8
 * (sql/languages.sql compares them).
 */
#include "profile/fault_texts.h"

const FaultTexts fault_texts_en = {
	.language = "en",
	.of_cells = {
		[FAULT_REQUIRED] = "{label} is required",
		[FAULT_CELL_ERROR] = "{label} holds the error {value}",
		[FAULT_RICH_VALUE] = "{label} holds a picture or another rich value, which has no text; it is {value} in the file",
		[FAULT_NO_VALUE] = "{label} is a formula that was never calculated",
		[FAULT_TEXT] = "{label} holds characters that a database cannot keep",
		[FAULT_LENGTH] = "{label} must have at most {limit} characters",
		[FAULT_NOT_INTEGER] = "{label} must be an integer",
		[FAULT_NOT_NUMBER] = "{label} must be a number",
		[FAULT_NOT_BOOLEAN] = "{label} must be true or false",
		[FAULT_NOT_DATE] = "{label} must be a date",
		[FAULT_NOT_TIMESTAMP] = "{label} must be a date and time",
		[FAULT_NOT_TIME] = "{label} must be a time, not a plain number",
		[FAULT_NOT_WORD] = "{label} must be one of {limit}",
		[FAULT_NOT_VALID] = "{label} is not a valid {type}",
		[FAULT_RANGE] = "{label} is out of the range of {type}",
		[FAULT_DIGITS] = "{label} has too many digits",
		[FAULT_WHOLE_DIGITS] = "{label} must have at most {limit} digits before the decimal point",
		[FAULT_DECIMALS] = "{label} must have at most {limit} digits after the decimal point",
		[FAULT_TIME_OF_DAY] = "{label} must be a date without a time of day",
		[FAULT_INEXACT] = "{label} is rounded in the file, which holds {value}",
		[FAULT_TWO_READINGS] = "{label} \"{value}\" has two readings: {readings}",
		[FAULT_LOOKUP] = "{label} \"{value}\" is unknown",
		[FAULT_AMBIGUOUS] = "{label} \"{value}\" is ambiguous",
		[FAULT_TRANSFORM] = "{label} could not be transformed",
	},
	.of_rules = {
		[RULE_REQUIRED] = "{label} is required",
		[RULE_MIN] = "{label} must be at least {limit}",
		[RULE_MAX] = "{label} must be at most {limit}",
		[RULE_MIN_LENGTH] = "{label} must have at least {limit} characters",
		[RULE_MAX_LENGTH] = "{label} must have at most {limit} characters",
		[RULE_PATTERN] = "{label} does not have the expected form",
		[RULE_ONE_OF] = "{label} must be one of {limit}",
		[RULE_UNIQUE] = "{label} must be unique in the file",
		[RULE_EXPRESSION] = "Row breaks the rule \"{rule}\"",
	},
	.of_rows = {
		[ROW_UNIQUE] = "{label} exists already",
		[ROW_UNIQUE_MANY] = "{label} exist already in this combination",
		[ROW_FOREIGN_KEY] = "{label} is unknown",
		[ROW_FOREIGN_KEY_MANY] = "{label} are unknown in this combination",
		[ROW_CHECK] = "{label} breaks the rule \"{rule}\"",
		[ROW_CHECK_OF_ROW] = "Row breaks the rule \"{rule}\"",
		[ROW_NOT_NULL] = "{label} is required",
		[ROW_EXCLUSION] = "{label} conflicts with another row",
		[ROW_EXCLUSION_MANY] = "{label} conflict with another row",
		[ROW_NOT_FOUND] = "No row has this key",
		[ROW_DUPLICATE_KEY] = "Row {limit} has the same key",
		[ROW_TRANSFORM] = "Row could not be transformed",
	}
};
