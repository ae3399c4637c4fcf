/*
 * fault.c
 *	  The messages for what can be wrong, in English.
 */
#include "profile/fault.h"

static const FaultMessage of_cells[CELL_FAULTS] = {
	[FAULT_REQUIRED] = {"required", "{label} is required"},
	[FAULT_CELL_ERROR] = {"cell_error", "{label} holds the error {value}"},
	[FAULT_TEXT] = {"text", "{label} holds characters that a database cannot keep"},
	[FAULT_LENGTH] = {"length", "{label} must have at most {limit} characters"},
	[FAULT_NOT_INTEGER] = {"type", "{label} must be an integer"},
	[FAULT_NOT_NUMBER] = {"type", "{label} must be a number"},
	[FAULT_NOT_BOOLEAN] = {"type", "{label} must be true or false"},
	[FAULT_NOT_DATE] = {"type", "{label} must be a date"},
	[FAULT_NOT_TIMESTAMP] = {"type", "{label} must be a date and time"},
	[FAULT_NOT_TIME] = {"type", "{label} must be a time, not a plain number"},
	[FAULT_NOT_VALID] = {"type", "{label} is not a valid {type}"},
	[FAULT_RANGE] = {"range", "{label} is out of the range of {type}"},
	[FAULT_DIGITS] = {"range", "{label} has too many digits"},
	[FAULT_WHOLE_DIGITS] = {"range", "{label} must have at most {limit} digits before the decimal point"},
	[FAULT_DECIMALS] = {"exactness", "{label} must have at most {limit} digits after the decimal point"},
	[FAULT_TIME_OF_DAY] = {"exactness", "{label} must be a date without a time of day"},
	[FAULT_LOOKUP] = {"lookup", "{label} \"{value}\" is unknown"},
	[FAULT_AMBIGUOUS] = {"ambiguous", "{label} \"{value}\" is ambiguous"},
	[FAULT_TRANSFORM] = {"transform", "{label} could not be transformed"},
};

static const FaultMessage of_rules[] = {
	[RULE_REQUIRED] = {"required", "{label} is required"},
	[RULE_MIN] = {"min", "{label} must be at least {limit}"},
	[RULE_MAX] = {"max", "{label} must be at most {limit}"},
	[RULE_MIN_LENGTH] = {"min_length", "{label} must have at least {limit} characters"},
	[RULE_MAX_LENGTH] = {"max_length", "{label} must have at most {limit} characters"},
	[RULE_PATTERN] = {"pattern", "{label} does not have the expected form"},
	[RULE_ONE_OF] = {"one_of", "{label} must be one of {limit}"},
	[RULE_UNIQUE] = {"unique", "{label} must be unique in the file"},
	[RULE_EXPRESSION] = {"rule", "Row breaks the rule \"{rule}\""},
};

const FaultMessage *
fault_message(CellFault fault)
{
	return &of_cells[fault];
}

const FaultMessage *
fault_message_of_rule(RuleKind kind)
{
	return &of_rules[kind];
}

bool
fault_is_without_text(CellFault fault)
{
	return fault == FAULT_REQUIRED || fault == FAULT_CELL_ERROR || fault == FAULT_TEXT;
}
