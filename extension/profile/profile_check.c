/*
 * profile_check.c
 *	  Checks a loaded profile again before it is used.
 */
#include "profile/profile_check.h"

#include "profile/absent_options.h"
#include "profile/option_checks.h"
#include "profile/sql.h"

void
profile_refuse(const char *name, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("profile \"%s\" cannot be used", name),
			 errdetail("%s", detail),
			 errhint("Drop it, and make it again with the functions of schema xlsx.")));
}

static void
check_column(const Profile *profile, const ProfileColumn *column)
{
	if (column->source == SOURCE_VALUE && column->transform == NULL)
		profile_refuse(profile->name, psprintf("Column \"%s\" has neither a cell nor a transformation.", column->name));
	if (column->transform != NULL)
		profile_sql_check(column->transform, "transform");
	if (column->lookup != NULL)
		profile_sql_check(column->lookup, "lookup");
}

static bool
is_length(const char *text)
{
	size_t		digits = strspn(text, "0123456789");

	return digits > 0 && digits <= MOST_LENGTH_DIGITS && text[digits] == '\0';
}

static void
check_rule(const Profile *profile, const ProfileRule *rule)
{
	if (!rule_takes(rule->kind, rule->argument.count))
		profile_refuse(profile->name, psprintf("Rule \"%s\" has %d arguments.", rule->name, rule->argument.count));
	if (rule->column < 0 && rule->kind != RULE_EXPRESSION)
		profile_refuse(profile->name, psprintf("Rule \"%s\" has no column.", rule->name));
	if ((rule->kind == RULE_MIN_LENGTH || rule->kind == RULE_MAX_LENGTH) && !is_length(rule->argument.items[0]))
		profile_refuse(profile->name, psprintf("Rule \"%s\" asks for \"%s\" characters.", rule->name,
											   rule->argument.items[0]));
	if (rule->kind == RULE_EXPRESSION)
		profile_sql_check(rule->argument.items[0], "expression");
}

static void
check_absent(const Profile *profile)
{
	if (profile->scope != NULL)
		option_check_scope(profile->scope);
	if (profile->absent != NULL)
		option_check_absent(profile->absent);
	if (profile->max_absent != NULL)
		option_check_max_absent(profile->max_absent);
	if (profile->delete_when != NULL)
		option_check_delete_when(profile->delete_when);
}

void
profile_check(const Profile *profile)
{
	option_check_header_row(profile->header_row);
	if (profile->header_rows < 1 || profile->header_rows > MOST_HEADER_ROWS)
		profile_refuse(profile->name, psprintf("Its headers take %d rows.", profile->header_rows));
	if (option_is_stop_expression(profile->stop_at))
		profile_sql_check(profile->stop_at, "expression");
	check_absent(profile);
	if (profile->skip_end < 0 || profile->skip_end > MOST_SKIP_END)
		profile_refuse(profile->name, psprintf("It leaves out %d rows at the end.", profile->skip_end));
	for (int i = 0; i < profile->count; i++)
		check_column(profile, &profile->columns[i]);
	for (int i = 0; i < profile->rule_count; i++)
		check_rule(profile, &profile->rules[i]);
}
