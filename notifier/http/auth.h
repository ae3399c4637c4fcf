/*
 * auth.h
 *	  Authentication: a signed token (JWT, RFC 7519) names the role that a request runs as.
 *
 * Without a key in the settings no token is needed, and everything runs as the
 * role that the sidecar logged in as. The database checks that the role
 * exists: see db_enter().
 */
#ifndef NOTIFIER_AUTH_H
#define NOTIFIER_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/identity.h"

/* How long before a token expires its holder is warned. */
#define AUTH_WARNING_S 60

#define AUTH_EXPIRED "Token has expired"

typedef struct AuthUser
{
	Identity	who;
	int64_t		expires;		/* seconds since the epoch; 0: never */
} AuthUser;

/* Reads the key. False if the settings are wrong; the log says why. */
extern bool auth_open(void);

/* Reads the file of the key again. If it is wrong, the log says why and the old key stays. */
extern void auth_reload(void);

/* Are tokens required? */
extern bool auth_wanted(void);

/* NULL if the token is good, and the caller ends user->who (identity.h); else the reason why not. */
extern const char *auth_check(const char *token, size_t len, AuthUser *user);

/* Milliseconds by the clock on the wall until the user's token expires, and until the warning; at most a day; -1: never. */
extern int64_t auth_remaining(const AuthUser *user);
extern int64_t auth_until_warning(const AuthUser *user);

/* {"expiresAt":"2026-01-31T12:00:00.000Z"}; null if it never expires. */
extern void auth_put_expiry(Buf *json, const AuthUser *user);

#endif							/* NOTIFIER_AUTH_H */
