/*
 * profile_trust.h
 *	  Whose SQL may run as the current role.
 */
#ifndef PG_XLSX_PROFILE_TRUST_H
#define PG_XLSX_PROFILE_TRUST_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * Raises an error (42501) if a profile holds SQL, or webhooks, of a role that the current role need not trust. options: those of the
 * task, as a JSON object or NULL; SQL in them is not the profile's.
 */
extern void profile_require_trust(const Profile *profile, const char *options);

/* Do options of a task hold SQL of the role that gave them? */
extern bool profile_options_hold_sql(const char *options);

/* May the author's SQL run as the current role, in an import with this profile? */
extern bool profile_trusts(const Profile *profile, Oid author);

#endif							/* PG_XLSX_PROFILE_TRUST_H */
