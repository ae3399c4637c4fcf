/*
 * task_id.h
 *	  The id of a task in a URL, by the same rule as in SQL (xlsx_private.rest_id).
 */
#ifndef NOTIFIER_TASK_ID_H
#define NOTIFIER_TASK_ID_H

#include <stdbool.h>
#include <stdint.h>

/* Digits, perhaps behind a minus, of a number that fits a bigint; there need be no such task. */
extern bool task_id_parse(const char *text, int64_t *id);

#endif							/* NOTIFIER_TASK_ID_H */
