/*
 * launcher.h
 *	  The process that starts workers. It reads shared catalogs only.
 */
#ifndef PG_XLSX_LAUNCHER_H
#define PG_XLSX_LAUNCHER_H

/* Called by _PG_init while libraries are preloaded. */
extern void launcher_register(void);

#endif							/* PG_XLSX_LAUNCHER_H */
