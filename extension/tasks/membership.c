/*
 * membership.c
 *	  Roles that a submission depended on are checked again when its task starts.
 */
#include "tasks/membership.h"

#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "tables/tenant.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/array.h"
#include "utils/catcache.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(pg_xlsx_roles_of_me);
PG_FUNCTION_INFO_V1(pg_xlsx_sees_all);
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
membership_owns(Oid owner, const char *tenant)
{
	return has_privs_of_role(GetUserId(), owner) && tenant_is(tenant);
}

bool
membership_may_act(Oid owner, const char *tenant)
{
	return current_is_in("xlsx_admin") || membership_owns(owner, tenant);
}

bool
membership_may_see(Oid owner, const char *tenant)
{
	return membership_may_act(owner, tenant) || current_is_in("xlsx_notifier");
}

/* Adds the roles that a role was made a member of, in whatever way. */
static List *
add_roles_of(List *roles, Oid member)
{
	CatCList   *memberships = SearchSysCacheList1(AUTHMEMMEMROLE, ObjectIdGetDatum(member));

	for (int i = 0; i < memberships->n_members; i++)
	{
		Form_pg_auth_members membership = (Form_pg_auth_members) GETSTRUCT(&memberships->members[i]->tuple);

		roles = list_append_unique_oid(roles, membership->roleid);
	}
	ReleaseSysCacheList(memberships);
	return roles;
}

/*
 * The roles whose rights a role has. Every membership leads from a role in the list to another
 * one, so the list is complete at its end. Which of them give their rights, PostgreSQL says:
 * versions differ in that.
 */
static ArrayType *
roles_of(Oid user)
{
	List	   *roles = list_make2_oid(user, ROLE_PG_DATABASE_OWNER);
	Datum	   *elements;
	int			count = 0;

	for (int i = 0; i < list_length(roles); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i != 1 || has_privs_of_role(user, ROLE_PG_DATABASE_OWNER))
			roles = add_roles_of(roles, list_nth_oid(roles, i));
	}
	elements = palloc(sizeof(Datum) * (size_t) list_length(roles));
	for (int i = 0; i < list_length(roles); i++)
		if (has_privs_of_role(user, list_nth_oid(roles, i)))
			elements[count++] = ObjectIdGetDatum(list_nth_oid(roles, i));
	return construct_array(elements, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT);
}

/* The roles of the user that asked last: each statement on a table with an owner asks. NULL: nothing is known. */
static ArrayType *known_roles;
static Oid	known_user;

static void
forget_roles(Datum argument, int cache, uint32 hash)
{
	(void) argument;
	(void) cache;
	(void) hash;
	if (known_roles != NULL)
		pfree(known_roles);
	known_roles = NULL;
}

/* Memberships, whether a role inherits, and who owns the database. */
static void
forget_roles_on_changes(void)
{
	static bool registered;

	if (registered)
		return;
	registered = true;
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, forget_roles, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, forget_roles, (Datum) 0);
	CacheRegisterSyscacheCallback(DATABASEOID, forget_roles, (Datum) 0);
}

/* The copy is made before it is remembered: an invalidation may come at any look into a cache. */
Datum
pg_xlsx_roles_of_me(PG_FUNCTION_ARGS)
{
	Oid			user = GetUserId();
	ArrayType  *roles;

	(void) fcinfo;
	forget_roles_on_changes();
	if (known_roles != NULL && known_user == user)
		PG_RETURN_DATUM(datumCopy(PointerGetDatum(known_roles), false, -1));
	forget_roles((Datum) 0, 0, 0);
	roles = roles_of(user);
	known_roles = (ArrayType *) MemoryContextAlloc(CacheMemoryContext, VARSIZE(roles));
	memcpy(known_roles, roles, VARSIZE(roles));
	known_user = user;
	PG_RETURN_ARRAYTYPE_P(roles);
}

Datum
pg_xlsx_sees_all(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_BOOL(current_is_in("xlsx_admin") || current_is_in("xlsx_notifier"));
}

Datum
pg_xlsx_may_act(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(membership_may_act(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1))));
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
				 errhint("Use: GRANT %s TO %s; then retry the task. Or submit the file as another role.",
						 quote_identifier(GetUserNameFromId(owner, false)), quote_identifier(GetUserNameFromId(login, false)))));
	if (DatumGetBool(row.values[3]) && !membership_may_import(owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not import any more", GetUserNameFromId(owner, false)),
				 errdetail("It was a member of xlsx_user when it submitted this task."),
				 errhint("Use: GRANT xlsx_user TO %s; then retry the task. Or submit the file as another role.",
						 quote_identifier(GetUserNameFromId(owner, false)))));
}
