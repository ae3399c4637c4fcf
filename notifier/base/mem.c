/*
 * mem.c
 *	  Memory from the C library; running out of it ends the process.
 */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *memory)
{
	if (memory == NULL)
	{
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *
mem_alloc(size_t size)
{
	return checked(calloc(1, size));
}

void *
mem_resize(void *old, size_t size)
{
	return checked(realloc(old, size));
}

char *
mem_strndup(const char *text, size_t len)
{
	char	   *copy = mem_alloc(len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *
mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}
