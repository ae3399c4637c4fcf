/*
 * static_files.h
 *	  Files of a folder, as they are.
 */
#ifndef NOTIFIER_STATIC_FILES_H
#define NOTIFIER_STATIC_FILES_H

#include <stdbool.h>

#include "http/http.h"

typedef struct StaticRoot StaticRoot;

/* Lives as long as the process; NULL when the folder cannot be read, errno says why. */
extern StaticRoot *static_root_open(const char *folder);

/* False when there is no such file below the root, or root is NULL; else it is answered. */
extern bool static_root_serve(StaticRoot *root, HttpExchange *exchange, const char *path);

#endif							/* NOTIFIER_STATIC_FILES_H */
