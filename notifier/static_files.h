/*
 * static_files.h
 *	  Files of the folder web-root, as they are.
 */
#ifndef NOTIFIER_STATIC_FILES_H
#define NOTIFIER_STATIC_FILES_H

#include <stdbool.h>

#include "http.h"

/* Opens the folder; false when it cannot be read, said in the log. */
extern bool static_files_open(const char *root);

/* False when there is no such file; else it is answered. */
extern bool static_files_request(HttpExchange *exchange);

#endif							/* NOTIFIER_STATIC_FILES_H */
