/*
 * token.c
 *	  Session ids that nobody can guess.
 */
#include "base/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void
token_make(char token[TOKEN_LEN + 1])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[TOKEN_LEN];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
	{
		fputs("no random numbers\n", stderr);
		abort();
	}
	for (int i = 0; i < TOKEN_LEN; i++)
		token[i] = alphabet[bytes[i] & 63];
	token[TOKEN_LEN] = '\0';
}

uint64_t
token_hash(const char *token)
{
	uint64_t	hash = 0;
	size_t		len = strlen(token);

	memcpy(&hash, token, len < sizeof(hash) ? len : sizeof(hash));
	return hash;
}
