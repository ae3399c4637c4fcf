/*
 * map.c
 *	  A hash table from 64-bit keys to pointers: linear probing, no tombstones.
 */
#include "base/map.h"

#include <stdlib.h>

#include "base/mem.h"

#define MAP_SMALLEST 16

/* Finalizer of MurmurHash3. It spreads task ids, which are consecutive. */
static size_t
home(const Map *map, uint64_t key)
{
	key ^= key >> 33;
	key *= UINT64_C(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64_C(0xc4ceb9fe1a85ec53);
	key ^= key >> 33;
	return (size_t) key & (map->size - 1);
}

/* The slot of the key, or the free slot where the key belongs. */
static MapSlot *
probe(const Map *map, uint64_t key)
{
	size_t		at = home(map, key);

	while (map->slots[at].value != NULL && map->slots[at].key != key)
		at = (at + 1) & (map->size - 1);
	return &map->slots[at];
}

void *
map_get(const Map *map, uint64_t key)
{
	return map->size == 0 ? NULL : probe(map, key)->value;
}

static void
resize(Map *map, size_t size)
{
	Map			old = *map;

	map->size = size;
	map->slots = mem_alloc(size * sizeof(MapSlot));
	for (size_t i = 0; i < old.size; i++)
	{
		if (old.slots[i].value != NULL)
			*probe(map, old.slots[i].key) = old.slots[i];
	}
	free(old.slots);
}

void
map_put(Map *map, uint64_t key, void *value)
{
	if (map->count * 4 >= map->size * 3)
		resize(map, map->size == 0 ? MAP_SMALLEST : map->size * 2);
	*probe(map, key) = (MapSlot) {.key = key,.value = value};
	map->count++;
}

/* Moves entries behind the gap into it if that brings them nearer to their home slot. */
static void
close_gap(Map *map, size_t gap)
{
	size_t		mask = map->size - 1;

	for (size_t at = (gap + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask)
	{
		size_t		distance = (at - home(map, map->slots[at].key)) & mask;

		if (distance >= ((at - gap) & mask))
		{
			map->slots[gap] = map->slots[at];
			gap = at;
		}
	}
	map->slots[gap] = (MapSlot) {0};
}

void
map_remove(Map *map, uint64_t key)
{
	MapSlot    *slot = map->size == 0 ? NULL : probe(map, key);

	if (slot == NULL || slot->value == NULL)
		return;
	close_gap(map, (size_t) (slot - map->slots));
	map->count--;
	if (map->size > MAP_SMALLEST && map->count * 8 < map->size)
		resize(map, map->size / 2);
}

void *
map_next(const Map *map, size_t *position)
{
	while (*position < map->size)
	{
		void	   *value = map->slots[(*position)++].value;

		if (value != NULL)
			return value;
	}
	return NULL;
}

void
map_free(Map *map)
{
	free(map->slots);
	*map = (Map) {0};
}
