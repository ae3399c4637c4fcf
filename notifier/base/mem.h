/*
 * mem.h
 *	  Memory from the C library; running out of it ends the process.
 *
 * The sidecar bounds the memory that its peers can use, and a restart loses
 * no data, so no caller could do better than end.
 */
#ifndef NOTIFIER_MEM_H
#define NOTIFIER_MEM_H

#include <stddef.h>

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))
#define container_of(pointer, type, member) ((type *) ((char *) (pointer) - offsetof(type, member)))

/* The memory is zeroed. */
extern void *mem_alloc(size_t size);
extern void *mem_resize(void *old, size_t size);
extern char *mem_strndup(const char *text, size_t len);
extern char *mem_strdup(const char *text);

#endif							/* NOTIFIER_MEM_H */
