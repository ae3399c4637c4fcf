/*
 * admission.c
 *	  How long a client may stay in a namespace.
 */
#include "socketio/admission.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/role_check.h"
#include "process/loop.h"

/* A client waits no longer for the answer of the database. */
#define DECIDE_MS 2000

/* A token that is to take the place of the first. */
typedef struct Renewal
{
	AuthUser	user;
	char	   *id;
} Renewal;

struct Admission
{
	Admission  *next;
	Admission **link;
	const AdmissionHandler *handler;
	void	   *owner;
	AuthUser	user;
	Renewal    *renewal;		/* NULL: none is looked at */
	RoleQuestion question;		/* about the renewal's role, if there is one; else about the user's */
	bool		decided;
	bool		warned;
	Timer		timer;			/* to the decision, then to the warning or the end of the token */
};

static Admission *admissions;

static void timer_due(Timer *timer);

static void
wait_for_expiry(Admission *admission)
{
	int64_t		wait = admission->warned ? auth_remaining(&admission->user) : auth_until_warning(&admission->user);

	if (!admission->decided)
		return;
	if (wait >= 0)
		loop_timer_start(&admission->timer, wait, timer_due);
	else
		loop_timer_stop(&admission->timer);
}

static void
decide(Admission *admission, const DbError *refusal)
{
	admission->decided = true;
	wait_for_expiry(admission);
	admission->handler->decided(admission->owner, refusal);
}

static void
expire(Admission *admission)
{
	const Exception why = {.message = AUTH_EXPIRED,.code = EXCEPTION_EXPIRED};

	admission->handler->over(admission->owner, &why);
}

/* A timer runs for a day at most, so it may not be time yet. */
static void
timer_due(Timer *timer)
{
	Admission  *admission = container_of(timer, Admission, timer);
	Buf			json = {0};

	if (!admission->decided)
	{
		decide(admission, NULL);
		return;
	}
	if (auth_remaining(&admission->user) == 0)
	{
		expire(admission);
		return;
	}
	if (!admission->warned && auth_until_warning(&admission->user) == 0)
	{
		admission->warned = true;
		auth_put_expiry(&json, &admission->user);
		wait_for_expiry(admission);
		admission->handler->expiring(admission->owner, &json);
		buf_free(&json);
		return;
	}
	wait_for_expiry(admission);
}

static Renewal *
take_renewal(Admission *admission)
{
	Renewal    *renewal = admission->renewal;

	admission->renewal = NULL;
	return renewal;
}

static void
free_renewal(Renewal *renewal)
{
	if (renewal != NULL)
	{
		identity_release(&renewal->user.who);
		free(renewal->id);
	}
	free(renewal);
}

static void
renew(Admission *admission, Renewal *renewal)
{
	bool		is_other = !identity_same(&renewal->user.who, &admission->user.who);

	identity_release(&admission->user.who);
	admission->user = renewal->user;
	renewal->user.who.claims = NULL;	/* the admission has its share now */
	admission->warned = false;
	wait_for_expiry(admission);
	/* a token that is good for less than a minute is not asked for again at once */
	if (auth_until_warning(&admission->user) == 0)
		loop_timer_start(&admission->timer, auth_remaining(&admission->user) / 2, timer_due);
	admission->handler->renewed(admission->owner, renewal->id, NULL, is_other);
}

static void
answered(RoleQuestion *question, const DbError *refusal)
{
	Admission  *admission = container_of(question, Admission, question);
	Renewal    *renewal = take_renewal(admission);
	Exception	why;

	if (renewal != NULL && refusal == NULL)
		renew(admission, renewal);
	else if (renewal != NULL)
	{
		why = exception_of(refusal, 0);
		admission->handler->renewed(admission->owner, renewal->id, &why, false);
	}
	else if (!admission->decided)
		decide(admission, refusal);
	else if (refusal != NULL)
	{
		why = exception_of(refusal, 0);
		admission->handler->over(admission->owner, &why);
	}
	free_renewal(renewal);
}

static const char *
check(const JsonValue *data, AuthUser *user)
{
	JsonValue	token = {0};

	if (data == NULL || !json_get(data, "token", &token) || token.type != JSON_STRING)
		return "Send a token: auth: {token}";
	return auth_check(token.text + 1, token.len - 2, user); /* a token has no escapes */
}

const char *
admission_open(const JsonValue *data, const AdmissionHandler *handler, void *owner, Admission **admission)
{
	AuthUser	user;
	const char *problem = check(data, &user);
	Admission  *made;

	if (problem != NULL)
		return problem;
	made = mem_alloc(sizeof(*made));
	made->handler = handler;
	made->owner = owner;
	made->user = user;
	made->next = admissions;
	made->link = &admissions;
	if (admissions != NULL)
		admissions->link = &made->next;
	admissions = made;
	made->question.answered = answered;
	role_ask(&made->question, user.who.role);
	loop_timer_start(&made->timer, DECIDE_MS, timer_due);
	*admission = made;
	return NULL;
}

void
admission_close(Admission *admission)
{
	if (admission == NULL)
		return;
	loop_timer_stop(&admission->timer);
	role_forget(&admission->question);
	free_renewal(admission->renewal);
	*admission->link = admission->next;
	if (admission->next != NULL)
		admission->next->link = admission->link;
	identity_release(&admission->user.who);
	free(admission);
}

void
admission_renew(Admission *admission, const JsonValue *data, const char *id)
{
	AuthUser	user;
	const char *problem = check(data, &user);
	Exception	why = {.message = problem,.code = EXCEPTION_TOKEN};

	if (problem == NULL && admission->renewal != NULL)
		why.message = "Another token is being looked at";
	if (why.message != NULL)
	{
		if (problem == NULL)
			identity_release(&user.who);
		why.retryable = problem == NULL;
		admission->handler->renewed(admission->owner, id, &why, false);
		return;
	}
	admission->renewal = mem_alloc(sizeof(Renewal));
	admission->renewal->user = user;
	admission->renewal->id = mem_strdup(id);
	role_forget(&admission->question);
	role_ask(&admission->question, user.who.role);
}

const Identity *
admission_identity(const Admission *admission)
{
	return &admission->user.who;
}

void
admission_put_expiry(const Admission *admission, Buf *json)
{
	auth_put_expiry(json, &admission->user);
}

void
admission_clock_changed(void)
{
	for (Admission *admission = admissions; admission != NULL; admission = admission->next)
		wait_for_expiry(admission);
}
