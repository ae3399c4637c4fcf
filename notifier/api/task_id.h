/*
 * task_id.h
 *	  The id of a task in a URL, by the same rule as in SQL (xlsx_private.rest_id).
 */
#ifndef NOTIFIER_TASK_ID_H
#define NOTIFIER_TASK_ID_H

#include <stdbool.h>
#include <stdint.h>

/* True for digits, with or without a minus, of a number that fits a bigint. The task need not exist. */
extern bool task_id_parse(const char *text, int64_t *id);

#endif							/* NOTIFIER_TASK_ID_H */
