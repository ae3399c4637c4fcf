/*
 * event_log.h
 *	  Events as lines of JSON, for a log shipper (setting events-log).
 *
 * A line is one object: time, event, task and data, the event's JSON. After an interruption of listening the line has the
 * event "events-missed". What the file does not take is lost, and the log says so.
 */
#ifndef NOTIFIER_EVENT_LOG_H
#define NOTIFIER_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the file, or opens it again after it was moved. False if it cannot be written. */
extern bool event_log_open(void);

/* json: NULL, or the data. task 0: none. */
extern void event_log_write(int64_t task, const char *name, size_t name_len, const char *json);

#endif							/* NOTIFIER_EVENT_LOG_H */
