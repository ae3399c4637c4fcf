/*
 * task_status.c
 *	  The states of a task, and its phases.
 */
#include "tasks/task_status.h"

NAMES_DEFINE(task_status_names, TASK_STATUSES);
NAMES_DEFINE(phase_names, PHASES);

#define MEANING(value, name, meaning) [value] = meaning,
static const int meanings[] = {TASK_STATUSES(MEANING)};

typedef struct PhaseFacts
{
	const char *event;
	int			from;
	int			to;
} PhaseFacts;

#define FACTS(value, name, event, from, to) [value] = {event, from, to},
static const PhaseFacts phases[] = {PHASES(FACTS)};

int
task_status_meaning(TaskStatus status)
{
	return meanings[status];
}

int
phase_job_percent(Phase phase, int percent)
{
	return phases[phase].from + (phases[phase].to - phases[phase].from) * percent / 100;
}

const char *
phase_event(Phase phase)
{
	return phases[phase].event;
}
