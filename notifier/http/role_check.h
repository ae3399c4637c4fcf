/*
 * role_check.h
 *	  May the sidecar take the role that a token names?  Only the database knows.
 *
 * The question is asked until it is answered, however long the database is
 * away.  Those who ask about one role at the same time share one answer.
 */
#ifndef NOTIFIER_ROLE_CHECK_H
#define NOTIFIER_ROLE_CHECK_H

#include "db/db.h"

/* Embedded in whoever asks; zeroed at first. */
typedef struct RoleQuestion
{
	void		(*answered) (struct RoleQuestion *question, const DbError *refusal);	/* NULL: it may */
	struct RoleCheck *check;	/* NULL: nothing is asked */
	struct RoleQuestion *next;
	struct RoleQuestion **link;
} RoleQuestion;

/* answered() comes once, never before this returns, unless role_forget() does. */
extern void role_ask(RoleQuestion *question, const char *role);
extern void role_forget(RoleQuestion *question);	/* one that was answered or never asked is fine */

#endif							/* NOTIFIER_ROLE_CHECK_H */
