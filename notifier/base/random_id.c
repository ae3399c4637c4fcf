/*
 * random_id.c
 *	  Random ids that cannot be guessed.
 */
#include "base/random_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void
random_id_make(char id[RANDOM_ID_LEN + 1])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[RANDOM_ID_LEN];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
	{
		fputs("no random numbers\n", stderr);
		abort();
	}
	for (int i = 0; i < RANDOM_ID_LEN; i++)
		id[i] = alphabet[bytes[i] & 63];
	id[RANDOM_ID_LEN] = '\0';
}

uint64_t
random_id_hash(const char *id)
{
	uint64_t	hash = 0;
	size_t		len = strlen(id);

	memcpy(&hash, id, len < sizeof(hash) ? len : sizeof(hash));
	return hash;
}
