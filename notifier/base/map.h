/*
 * map.h
 *	  A hash table from 64-bit keys to pointers.
 *
 * A zeroed Map is empty and ready.  The caller owns the values. A value is
 * never NULL.
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
extern void map_remove(Map *map, uint64_t key);		/* does nothing if the key is absent */

/*
 * Returns the values one by one, in no order; begin with *position = 0. NULL
 * at the end. The map must not change during the iteration.
 */
extern void *map_next(const Map *map, size_t *position);

extern void map_free(Map *map);

#endif							/* NOTIFIER_MAP_H */
