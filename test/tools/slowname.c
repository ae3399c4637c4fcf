/*
 * slowname.c
 *	  Names that take long to look up, for a program started with LD_PRELOAD=slowname.so.
 *
 * A name below "slow.test" takes 25 seconds and is not found. It stands for a name server that
 * does not answer.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int (*LookUp) (const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result);

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	LookUp		look_up = (LookUp) dlsym(RTLD_NEXT, "getaddrinfo");

	if (name == NULL || strstr(name, ".slow.test") == NULL)
		return look_up(name, service, hints, result);
	sleep(25);
	return EAI_AGAIN;
}
