/*
 * membership.c
 *	  Roles that a submission depended on are checked again when its task starts.
 */
#include "tasks/membership.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "utils/acl.h"

PG_FUNCTION_INFO_V1(pg_xlsx_may_see);
PG_FUNCTION_INFO_V1(pg_xlsx_may_act);

bool
membership_can_become(Oid login, Oid role)
{
	return compat_can_set_role(login, role);
}

bool
membership_may_import(Oid role)
{
	return has_privs_of_role(role, get_role_oid("xlsx_user", false));
}

static bool
current_is_in(const char *role)
{
	Oid			oid = get_role_oid(role, true);

	return OidIsValid(oid) && has_privs_of_role(GetUserId(), oid);
}

bool
membership_may_act(Oid owner)
{
	return has_privs_of_role(GetUserId(), owner) || current_is_in("xlsx_admin");
}

bool
membership_may_see(Oid owner)
{
	return membership_may_act(owner) || current_is_in("xlsx_notifier");
}

Datum
pg_xlsx_may_see(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(membership_may_see(PG_GETARG_OID(0)));
}

Datum
pg_xlsx_may_act(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(membership_may_act(PG_GETARG_OID(0)));
}

void
membership_require(int64 task)
{
	static PrivateStatement select = {
		"SELECT login::oid, owner::oid, login_was_member, owner_was_user FROM xlsx_private.task WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;
	Oid			login;
	Oid			owner;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return;
	login = DatumGetObjectId(row.values[0]);
	owner = DatumGetObjectId(row.values[1]);
	if (DatumGetBool(row.values[2]) && !membership_can_become(login, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not become \"%s\" any more", GetUserNameFromId(login, false),
						GetUserNameFromId(owner, false)),
				 errdetail("It submitted this task as \"%s\", when it was a member of that role.",
						   GetUserNameFromId(owner, false)),
				 errhint("Grant the membership again and retry the task, or submit the file as another role.")));
	if (DatumGetBool(row.values[3]) && !membership_may_import(owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not import any more", GetUserNameFromId(owner, false)),
				 errdetail("It was a member of xlsx_user when it submitted this task."),
				 errhint("Grant the membership again and retry the task, or submit the file as another role.")));
}
