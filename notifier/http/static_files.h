/*
 * static_files.h
 *	  Serves the files of a folder unchanged.
 */
#ifndef NOTIFIER_STATIC_FILES_H
#define NOTIFIER_STATIC_FILES_H

#include <stdbool.h>

#include "http/http.h"

typedef struct StaticRoot StaticRoot;

/* Lives as long as the process. NULL with errno if the folder cannot be read. */
extern StaticRoot *static_root_open(const char *folder);

/* Answers with the file. False, without an answer, if there is no such file below the root or root is NULL. */
extern bool static_root_serve(StaticRoot *root, HttpExchange *exchange, const char *path);

#endif							/* NOTIFIER_STATIC_FILES_H */
