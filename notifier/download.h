/*
 * download.h
 *	  The errors workbook of a task, streamed as the database makes it.
 */
#ifndef NOTIFIER_DOWNLOAD_H
#define NOTIFIER_DOWNLOAD_H

#include "http.h"

extern void download_request(HttpExchange *exchange, const char *id);

#endif							/* NOTIFIER_DOWNLOAD_H */
