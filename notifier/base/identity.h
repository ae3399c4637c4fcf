/*
 * identity.h
 *	  The identity of a user in the database: the role, and the other claims
 *	  of the token.
 *
 * Two tokens may name one role and mean two people. Tokens that differ only
 * in their times have the same identity. The claims are what policies of the
 * database read, so whatever asks for somebody takes the whole identity.
 *
 * An Identity holds a share of its claims: copy it by identity_copy() or
 * identity_dup() and end it by identity_release() or identity_free(). One
 * that is zero needs neither.
 */
#ifndef NOTIFIER_IDENTITY_H
#define NOTIFIER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IDENTITY_ROLE_SIZE 64	/* NAMEDATALEN */
#define IDENTITY_SUBJECT_SIZE 128

typedef struct Claims Claims;

typedef struct Identity
{
	char		role[IDENTITY_ROLE_SIZE];
	char		subject[IDENTITY_SUBJECT_SIZE]; /* claim "sub", cut to this length; "": none */
	uint64_t	says[2];		/* a digest of the token's claims without its times */
	Claims	   *claims;			/* NULL: none */
} Identity;

/* NULL means the sidecar itself. */
static inline bool
identity_same(const Identity *a, const Identity *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->says[0] == b->says[0] && a->says[1] == b->says[1] && strcmp(a->role, b->role) == 0;
}

/* Gives an identity its claims: the JSON object of the token. */
extern void identity_set_claims(Identity *who, const char *json, size_t len);

/* The JSON object; NULL if there is none. It lives as long as the identity. */
extern const char *identity_claims(const Identity *who);

/* to is not released before. */
extern void identity_copy(Identity *to, const Identity *from);
extern void identity_release(Identity *who);

/* The same on the heap; NULL for NULL. */
extern Identity *identity_dup(const Identity *who);
extern void identity_free(Identity *who);

#endif							/* NOTIFIER_IDENTITY_H */
