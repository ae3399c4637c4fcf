/*
 * identity.c
 *	  The identity of a user in the database.
 */
#include "base/identity.h"

#include <stdlib.h>

#include "base/mem.h"

/* Many sockets and calls of one user share them. */
struct Claims
{
	unsigned	shares;
	char		json[];
};

static void
release_claims(Claims *claims)
{
	if (claims != NULL && --claims->shares == 0)
		free(claims);
}

void
identity_set_claims(Identity *who, const char *json, size_t len)
{
	Claims	   *claims = mem_alloc(sizeof(*claims) + len + 1);

	release_claims(who->claims);
	claims->shares = 1;
	memcpy(claims->json, json, len);
	claims->json[len] = '\0';
	who->claims = claims;
}

const char *
identity_claims(const Identity *who)
{
	return who->claims == NULL ? NULL : who->claims->json;
}

void
identity_copy(Identity *to, const Identity *from)
{
	*to = *from;
	if (to->claims != NULL)
		to->claims->shares++;
}

void
identity_release(Identity *who)
{
	release_claims(who->claims);
	who->claims = NULL;
}

Identity *
identity_dup(const Identity *who)
{
	Identity   *copy = who == NULL ? NULL : mem_alloc(sizeof(*copy));

	if (copy != NULL)
		identity_copy(copy, who);
	return copy;
}

void
identity_free(Identity *who)
{
	if (who != NULL)
		identity_release(who);
	free(who);
}
