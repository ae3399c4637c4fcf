/*
 * words.c
 *	  The words that a profile is made of.
 */
#include "profile/words.h"

NAMES_DEFINE(row_action_names, ROW_ACTIONS);
NAMES_DEFINE(save_mode_names, SAVE_MODES);
NAMES_DEFINE(late_index_names, LATE_INDEXES);
NAMES_DEFINE(target_by_names, TARGET_BYS);
NAMES_DEFINE(duplicate_keys_names, DUPLICATE_KEYS);
NAMES_DEFINE(header_check_names, HEADER_CHECKS);
NAMES_DEFINE(on_duplicate_names, ON_DUPLICATES);
NAMES_DEFINE(column_source_names, COLUMN_SOURCES);
NAMES_DEFINE(rule_kind_names, RULE_KINDS);
NAMES_DEFINE(severity_names, SEVERITIES);
NAMES_DEFINE(date_order_names, DATE_ORDERS);
NAMES_DEFINE(decimal_sign_names, DECIMAL_SIGNS);
NAMES_DEFINE(rounding_names, ROUNDINGS);
NAMES_DEFINE(no_value_names, NO_VALUES);
NAMES_DEFINE(blank_cells_names, BLANK_CELLS);

typedef struct RuleArguments
{
	int			least;
	int			most;			/* -1: any number */
} RuleArguments;

#define RULE_ARGUMENTS(value, name, least, most) [value] = {least, most},
static const RuleArguments rule_arguments[] = {RULE_KINDS(RULE_ARGUMENTS)};

SaveMode
save_mode_called(const char *name)
{
	int			mode = names_find(&save_mode_names, name);

	if (mode < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mode \"%s\" does not exist", name),
				 errhint("The modes are %s.", names_sentence(&save_mode_names))));
	return (SaveMode) mode;
}

bool
rule_takes(RuleKind kind, int arguments)
{
	const RuleArguments *takes = &rule_arguments[kind];

	return arguments >= takes->least && (takes->most < 0 || arguments <= takes->most);
}
