/*
 * log.h
 *	  One line per event on standard error: time, level, text, key=value pairs.
 *
 * A value with spaces is a JSON string.  As JSON a line is one object: time,
 * level, message, and a member for each pair.
 *
 * Passwords and tokens are never logged: pg_conn.h logs database addresses
 * without their password, and requests are logged without their query.
 */
#ifndef NOTIFIER_LOG_H
#define NOTIFIER_LOG_H

#include <stdbool.h>

typedef enum LogLevel
{
	LOG_ERROR,					/* an operator must act */
	LOG_WARNING,				/* something was refused or lost, and the sidecar handled it */
	LOG_INFO,					/* life cycle, one line per REST request */
	LOG_DEBUG					/* connections, joins, packets refused */
} LogLevel;

extern void log_set_level(LogLevel level);
extern void log_set_json(bool json);
extern bool log_level_parse(const char *name, LogLevel *level);
extern bool log_wants(LogLevel level);
extern void log_at(LogLevel level, const char *format,...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif							/* NOTIFIER_LOG_H */
