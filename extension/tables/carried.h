/*
 * carried.h
 *	  Settings that an import carries along from the session that submitted it.
 *
 * Policies and triggers of a target may ask settings of the session who the user is: app.tenant,
 * request.jwt.claims. A task carries the values of those that its profile names, and of the one
 * that tells tenants apart (tenant.h), as a JSON object. Only settings that any role could make by
 * SET are carried: their names have a dot, and they belong neither to the server nor to an
 * extension.
 */
#ifndef PG_XLSX_CARRIED_H
#define PG_XLSX_CARRIED_H

#include "pg/pg_xlsx.h"

/* Most settings that a profile names, and most bytes of their values. */
#define CARRIED_MOST		20
#define CARRIED_MAX_BYTES	65536

/* Raises an error (22023) unless a setting of this name may be carried. */
extern void carried_check(const char *name);

/*
 * The values that these settings have in the session, and the setting that tells tenants apart, as
 * a JSON object in the current memory context; NULL: none has a value. names: an array of texts;
 * NULL: none. Raises an error when the values are too long.
 */
extern char *carried_record(Datum names, bool has_names);

/*
 * Sets them until the GUC nest level ends, with the rights of the current role. NULL: none. A
 * tenant of the session that is not the recorded one is no tenant there.
 */
extern void carried_apply(const char *settings);

#endif							/* PG_XLSX_CARRIED_H */
