/*
 * profile_trust.c
 *	  Whose SQL may run as the current role.
 */
#include "profile/profile_trust.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "profile/absent_options.h"
#include "profile/option_checks.h"
#include "profile/options.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Is an option that holds SQL the profile's own, and not given with the task? options: of the task. */
static bool
holds(const char *options, const char *name, bool sql)
{
	return sql && options_text(options, name) == NULL;
}

bool
profile_options_hold_sql(const char *options)
{
	const char *scope = options_text(options, "scope");
	List	   *settings;

	return option_is_stop_expression(options_text(options, "stop_at")) || (scope != NULL && strcmp(scope, "true") != 0) ||
		absent_parse(options_text(options, "absent"), &settings) == ABSENT_MARK;
}

/* Of a table, the expressions of its index run. Views and foreign tables have none, so those of the profile do (unique_key.h). */
static bool
has_key_sql(const Profile *profile)
{
	char		kind = get_rel_relkind(profile->target);

	for (int i = 0; i < profile->key.count; i++)
		if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
			get_attnum(profile->target, profile->key.items[i]) == InvalidAttrNumber)
			return true;
	return false;
}

static bool
has_sql(const Profile *profile, const char *options)
{
	List	   *settings;

	for (int i = 0; i < profile->count; i++)
		if (profile_computes(&profile->columns[i]))
			return true;
	for (int i = 0; i < profile->rule_count; i++)
		if (profile->rules[i].kind == RULE_EXPRESSION)
			return true;
	return has_key_sql(profile) || holds(options, "stop_at", option_is_stop_expression(profile->stop_at)) || profile->delete_when != NULL || profile->on_end != NULL ||
		holds(options, "scope", profile->scope != NULL && strcmp(profile->scope, "true") != 0) ||
		holds(options, "absent", absent_parse(profile->absent, &settings) == ABSENT_MARK);
}

static Oid
owner_of_relation(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* A role that was dropped has its number only. */
static const char *
name_of_role(Oid role)
{
	const char *name = GetUserNameFromId(role, true);

	return name != NULL ? name : psprintf("%u", role);
}

/*
 * The SQL of a profile runs with the rights of the current role.  The role
 * trusts SQL that it wrote itself, that a superuser wrote, or that the owner
 * of the target wrote, whose triggers would run with the same rights.
 */
bool
profile_trusts(const Profile *profile, Oid author)
{
	return author == GetUserId() || superuser_arg(author) || has_privs_of_role(author, owner_of_relation(profile->target));
}

void
profile_require_trust(const Profile *profile, const char *options)
{
	const char *author;
	const char *user;

	if ((!has_sql(profile, options) && !profile->tells) || profile_trusts(profile, profile->owner))
		return;
	author = name_of_role(profile->owner);
	user = GetUserNameFromId(GetUserId(), false);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 has_sql(profile, options) ? errmsg("profile \"%s\" holds SQL of another role", profile->name) :
			 errmsg("profile \"%s\" holds webhooks of another role", profile->name),
			 has_sql(profile, options) ?
			 errdetail("It would run as \"%s\", and was written by \"%s\", who neither is a superuser nor owns the target.", user, author) :
			 errdetail("They would tell of an import of \"%s\", and were given by \"%s\", who neither is a superuser nor owns the target.", user, author),
			 errhint("Copy the profile: xlsx.create_profile_from_json(xlsx.profile_json(…), 'a name').")));
}
