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

#define AUTH_ROLE_SIZE 64		/* NAMEDATALEN */

typedef struct AuthUser
{
	char		role[AUTH_ROLE_SIZE];
	int64_t		expires;		/* seconds since the epoch; 0: never */
} AuthUser;

/* Reads the key. False if the settings are wrong; the log says why. */
extern bool auth_open(void);

/* Reads the file of the key again. If it is wrong, the log says why and the old key stays. */
extern void auth_reload(void);

/* Are tokens required? */
extern bool auth_wanted(void);

/* NULL if the token is good, else the reason why not. */
extern const char *auth_check(const char *token, size_t len, AuthUser *user);

/* Milliseconds until the user's token expires, at most a day; -1: never. */
extern int64_t auth_remaining(const AuthUser *user);

#endif							/* NOTIFIER_AUTH_H */
