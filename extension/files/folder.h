/*
 * folder.h
 *	  What the two files of functions about folders of the server share.
 */
#ifndef PG_XLSX_FOLDER_H
#define PG_XLSX_FOLDER_H

#include "pg/pg_xlsx.h"

/* Changes a path to its canonical form and returns it. Raises an error when it is relative. */
extern char *folder_absolute(char *path);

/* Raises an error unless the name is that of an entry of a folder, without a path. */
extern void folder_check_name(const char *name);

#endif							/* PG_XLSX_FOLDER_H */
