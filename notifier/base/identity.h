/*
 * identity.h
 *	  Who somebody is to the database: the role, and what else the token says.
 *
 * Two tokens may name one role and mean two people.  Tokens that differ in
 * nothing but their times are the same identity.
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
	uint64_t	says[2];		/* a digest of the token's claims but for its times */
} Identity;

/* NULL is the sidecar itself. */
static inline bool
identity_same(const Identity *a, const Identity *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->says[0] == b->says[0] && a->says[1] == b->says[1] && strcmp(a->role, b->role) == 0;
}

#endif							/* NOTIFIER_IDENTITY_H */
