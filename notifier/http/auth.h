/*
 * auth.h
 *	  Who is calling: a signed token (JWT, RFC 7519) names the role that a request runs as.
 *
 * Without a key in the settings nobody is asked, and everything runs as the
 * role that the sidecar logged in as.  Which roles there are is the database's
 * business: see db_enter().
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
	int64_t		expires;		/* seconds of the epoch; 0: never */
} AuthUser;

/* Reads the key; false when the settings make no sense, which was logged. */
extern bool auth_open(void);

/* Reads the file of the key again; what is wrong is logged, and the old key stays. */
extern void auth_reload(void);

/* Are tokens wanted? */
extern bool auth_wanted(void);

/* NULL when the token is good, else the reason why not. */
extern const char *auth_check(const char *token, size_t len, AuthUser *user);

/* Milliseconds that the user still has, at most a day; -1: no end. */
extern int64_t auth_remaining(const AuthUser *user);

#endif							/* NOTIFIER_AUTH_H */
