/*
 * map.h
 *	  A hash table from 64-bit keys to pointers.
 *
 * A zeroed Map is empty and ready.  The values are the caller's; NULL is none.
 */
#ifndef NOTIFIER_MAP_H
#define NOTIFIER_MAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct MapSlot
{
	uint64_t	key;
	void	   *value;			/* NULL: the slot is free */
} MapSlot;

typedef struct Map
{
	MapSlot    *slots;
	size_t		size;			/* a power of two, or 0 */
	size_t		count;
} Map;

extern void *map_get(const Map *map, uint64_t key);		/* NULL when there is none */
extern void map_put(Map *map, uint64_t key, void *value);	/* the key must be new */
extern void map_remove(Map *map, uint64_t key);		/* a key that is not there is fine */

/* One value after another in no order, from *position = 0 on; NULL at the end.  The map must not change meanwhile. */
extern void *map_next(const Map *map, size_t *position);

extern void map_free(Map *map);

#endif							/* NOTIFIER_MAP_H */
