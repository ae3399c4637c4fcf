/*
 * role_check.c
 *	  May the sidecar take the role that a token names?
 */
#include "http/role_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "process/log.h"
#include "process/loop.h"

#define ANSWER_MS 5000
#define FIRST_RETRY_MS 100
#define LAST_RETRY_MS 3200

typedef struct RoleCheck
{
	struct RoleCheck *next;
	struct RoleCheck **link;
	RoleQuestion *questions;
	DbCall	   *call;			/* the question under way; NULL: it waits for its next attempt */
	Timer		timer;
	int64_t		retry_ms;
	char		role[];
} RoleCheck;

static RoleCheck *checks;

static void ask(RoleCheck *check);

static void
end_check(RoleCheck *check)
{
	loop_timer_stop(&check->timer);
	*check->link = check->next;
	if (check->next != NULL)
		check->next->link = check->link;
	free(check);
}

static void
leave(RoleQuestion *question)
{
	*question->link = question->next;
	if (question->next != NULL)
		question->next->link = question->link;
	question->check = NULL;
}

/* A callback may remove other questions. A question that is asked meanwhile belongs to another check. */
static void
answer_all(RoleCheck *check, const DbError *refusal)
{
	*check->link = check->next;
	if (check->next != NULL)
		check->next->link = check->link;
	check->next = NULL;
	check->link = &check->next;
	while (check->questions != NULL)
	{
		RoleQuestion *question = check->questions;

		leave(question);
		question->answered(question, refusal);
	}
	end_check(check);
}

static void
retry_due(Timer *timer)
{
	ask(container_of(timer, RoleCheck, timer));
}

static void
on_answer(void *arg, const DbError *error, const DbRow *row)
{
	RoleCheck  *check = arg;
	int			status = error == NULL ? 200 : db_error_status(error);

	(void) row;
	check->call = NULL;
	if (status < 500)
	{
		answer_all(check, error);
		return;
	}
	log_at(check->retry_ms == FIRST_RETRY_MS ? LOG_WARNING : LOG_DEBUG, "could not check a role, trying again: %s", error->message);
	loop_timer_start(&check->timer, check->retry_ms, retry_due);
	check->retry_ms = check->retry_ms * 2 > LAST_RETRY_MS ? LAST_RETRY_MS : check->retry_ms * 2;
}

static void
ask(RoleCheck *check)
{
	Identity	who = {0};
	const DbRequest request = {.who = &who,.lane = PG_LANE_REQUEST,.sql = "SELECT 1, 1",.tidy = true,.limit = ANSWER_MS};

	snprintf(who.role, sizeof(who.role), "%s", check->role);
	check->call = db_run(&request, on_answer, check);
}

static RoleCheck *
check_of(const char *role)
{
	size_t		len = strlen(role);
	RoleCheck  *check = checks;

	while (check != NULL && strcmp(check->role, role) != 0)
		check = check->next;
	if (check != NULL)
		return check;
	check = mem_alloc(sizeof(*check) + len + 1);
	memcpy(check->role, role, len);
	check->retry_ms = FIRST_RETRY_MS;
	check->next = checks;
	check->link = &checks;
	if (checks != NULL)
		checks->link = &check->next;
	checks = check;
	ask(check);
	return check;
}

void
role_ask(RoleQuestion *question, const char *role)
{
	RoleCheck  *check = check_of(role);

	question->check = check;
	question->next = check->questions;
	question->link = &check->questions;
	if (check->questions != NULL)
		check->questions->link = &question->next;
	check->questions = question;
}

/* A check without questions continues until its answer. */
void
role_forget(RoleQuestion *question)
{
	if (question->check != NULL)
		leave(question);
}
