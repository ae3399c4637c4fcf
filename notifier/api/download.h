/*
 * download.h
 *	  Files that the database makes, streamed as they come.
 */
#ifndef NOTIFIER_DOWNLOAD_H
#define NOTIFIER_DOWNLOAD_H

#include "http/http.h"

/* For the id or the name in the path: the errors workbook of a task, the workbook of its result, the template of a profile. */
extern void download_errors(HttpExchange *exchange, const char *id);
extern void download_result(HttpExchange *exchange, const char *id);
extern void download_template(HttpExchange *exchange, const char *name);

#endif							/* NOTIFIER_DOWNLOAD_H */
