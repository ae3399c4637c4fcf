/*
 * save_probe.h
 *	  What the target is: may rows go straight into its heap?
 */
#ifndef PG_XLSX_SAVE_PROBE_H
#define PG_XLSX_SAVE_PROBE_H

#include "pg_xlsx.h"

#include "profile.h"

/* Is the target a plain heap table, to which nothing happens on an INSERT but constraints, indexes and AFTER row triggers? */
extern bool save_probe_plain(const Profile *profile);

#endif							/* PG_XLSX_SAVE_PROBE_H */
