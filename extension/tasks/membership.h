/*
 * membership.h
 *	  Roles that a submission depended on are checked again when its task starts, since
 *	  memberships may be revoked while the task waits.
 *
 * A worker logs in as the session user of the submission, and runs the task as its owner. At the
 * submission, either that login could take on the owner's role, or a function of the owner
 * submitted on its behalf. The task records which, and whether the owner was a member of
 * xlsx_user. What was true then must still be true.
 *
 * Here is also who may see and change what belongs to others.
 */
#ifndef PG_XLSX_MEMBERSHIP_H
#define PG_XLSX_MEMBERSHIP_H

#include "pg/pg_xlsx.h"

/* May a session of the login take on the role? A superuser may take on any role. */
extern bool membership_can_become(Oid login, Oid role);

/* Is the role a member of xlsx_user? */
extern bool membership_may_import(Oid role);

/*
 * May the current role see what belongs to the owner and the tenant? Members of the owner may in a
 * session of the tenant (tables/tenant.h), and members of xlsx_admin and xlsx_notifier in any. May
 * it change that? Members of xlsx_notifier may not. The policies of the tables ask the same
 * (install/policies.sql). membership_owns is without those who serve everybody.
 */
extern bool membership_may_see(Oid owner, const char *tenant);
extern bool membership_may_act(Oid owner, const char *tenant);
extern bool membership_owns(Oid owner, const char *tenant);

/*
 * Raises an error (42501) when the task has lost a membership that it had at its submission.
 * Needs a transaction.
 */
extern void membership_require(int64 task);

#endif							/* PG_XLSX_MEMBERSHIP_H */
