/*
 * tenant.h
 *	  Whose a task is among those who share one role.
 *
 * Where a database serves many tenants by one role, a setting of the session tells them apart:
 * pg_xlsx.tenant_setting names it. Its value when something is made is kept with it, in the
 * columns "tenant". "" is no tenant: the setting has no value, or none is named.
 *
 * pg_xlsx.tenant_setting is the name of a setting (app.tenant), or that of a setting that holds a
 * JSON object, a colon, and the path of a member (request.jwt.claims:org.id). Members are divided
 * by dots; one that has a dot or a colon in its name stands in double quotes.
 */
#ifndef PG_XLSX_TENANT_H
#define PG_XLSX_TENANT_H

#include "pg/pg_xlsx.h"

/* The most bytes of a tenant. A longer one would not fit into the indexes. */
#define TENANT_MAX_BYTES 256

/*
 * The tenant of the session now, in the current memory context. Raises an error (22023) when it
 * is too long, or the setting should hold JSON and does not.
 */
extern char *tenant_current(void);

/* Is it the tenant of the session now? */
extern bool tenant_is(const char *tenant);

/* Name of the setting that tells tenants apart, without the path, in the current memory context; NULL: there is none. */
extern char *tenant_setting(void);

/*
 * Who shares workers: an owner with a tenant, as one number above 0. Owners follow each other in
 * the order of their OIDs. Two tenants of one owner may have the same number, and then take their
 * turns as one; PARTY_OF is the number of an owner without a tenant, the least of his.
 */
#define PARTY_BITS 31
#define PARTY_OF(owner) ((int64) (owner) << PARTY_BITS)
#define PARTY_OWNER(party) ((Oid) ((party) >> PARTY_BITS))
extern int64 tenant_party(Oid owner, const char *tenant, size_t length);

#endif							/* PG_XLSX_TENANT_H */
