/*
 * membership.h
 *	  A task waits; whoever submitted it may lose meanwhile what let him.
 *
 * A task runs as its owner by a worker that is logged in as the session of the submission.
 * That session could take the owner's role on, or a function of the owner's
 * submitted for it; which of both is kept with the task, and so is whether the
 * owner was a member of xlsx_user.  What was so then must still be so.
 */
#ifndef PG_XLSX_MEMBERSHIP_H
#define PG_XLSX_MEMBERSHIP_H

#include "pg/pg_xlsx.h"

/* May a session of the login take the role on?  A superuser may take on any. */
extern bool membership_can_become(Oid login, Oid role);

/* Is the role a member of xlsx_user? */
extern bool membership_may_import(Oid role);

/* An error (42501) when a membership is lost that the task had at its submission. Needs a transaction. */
extern void membership_require(int64 task);

#endif							/* PG_XLSX_MEMBERSHIP_H */
