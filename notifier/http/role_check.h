/*
 * role_check.h
 *	  May the sidecar take the role that a token names?  Only the database knows.
 *
 * The question is repeated until it is answered, even if the database is away
 * for long.  Callers that ask about one role at the same time share one
 * answer.
 */
#ifndef NOTIFIER_ROLE_CHECK_H
#define NOTIFIER_ROLE_CHECK_H

#include "db/db.h"

/* Embedded in the caller's struct; zero it at first. */
typedef struct RoleQuestion
{
	void		(*answered) (struct RoleQuestion *question, const DbError *refusal);	/* NULL: it may */
	struct RoleCheck *check;	/* NULL: there is no question */
	struct RoleQuestion *next;
	struct RoleQuestion **link;
} RoleQuestion;

/* answered() is called once, never before this returns, unless role_forget() is called. */
extern void role_ask(RoleQuestion *question, const char *role);
extern void role_forget(RoleQuestion *question);	/* does nothing if the question was answered or never asked */

#endif							/* NOTIFIER_ROLE_CHECK_H */
