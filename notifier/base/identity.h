/*
 * identity.h
 *	  The identity of a user in the database: the role, and the other claims
 *	  of the token.
 *
 * Two tokens may name one role and mean two people. Tokens that differ only
 * in their times have the same identity.
 */
#ifndef NOTIFIER_IDENTITY_H
#define NOTIFIER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IDENTITY_ROLE_SIZE 64	/* NAMEDATALEN */

typedef struct Identity
{
	char		role[IDENTITY_ROLE_SIZE];
	uint64_t	says[2];		/* a digest of the token's claims without its times */
} Identity;

/* NULL means the sidecar itself. */
static inline bool
identity_same(const Identity *a, const Identity *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->says[0] == b->says[0] && a->says[1] == b->says[1] && strcmp(a->role, b->role) == 0;
}

#endif							/* NOTIFIER_IDENTITY_H */
