/*
 * memory.c
 *	  See memory.h.
 */
#include "memory.h"

#include <stdint.h>
#include <string.h>

struct XlsxBlock
{
	XlsxBlock  *older;
	XlsxBlock  *newer;
	void		(*destroy) (void *object);
	void	   *unused;			/* keeps what follows aligned to 16 bytes */
};

static void
link_block(XlsxMemory *memory, XlsxBlock *block)
{
	block->newer = NULL;
	block->older = memory->newest;
	if (block->older != NULL)
		block->older->newer = block;
	memory->newest = block;
}

/* The neighbours of a block that has moved must point to its new place. */
static void
relink_block(XlsxMemory *memory, XlsxBlock *block)
{
	if (block->older != NULL)
		block->older->newer = block;
	if (block->newer != NULL)
		block->newer->older = block;
	else
		memory->newest = block;
}

static void
unlink_block(XlsxMemory *memory, XlsxBlock *block)
{
	if (block->older != NULL)
		block->older->newer = block->newer;
	if (block->newer != NULL)
		block->newer->older = block->older;
	else
		memory->newest = block->older;
}

void
xlsx_memory_init(XlsxMemory *memory, const XlsxAllocator *allocator)
{
	memory->allocator = *allocator;
	memory->newest = NULL;
}

void *
xlsx_memory_alloc(XlsxMemory *memory, size_t size)
{
	XlsxBlock  *block;

	if (size > SIZE_MAX / 2)
		return NULL;
	block = memory->allocator.alloc(memory->allocator.context, sizeof(XlsxBlock) + size);
	if (block == NULL)
		return NULL;
	block->destroy = NULL;
	link_block(memory, block);
	return block + 1;
}

void *
xlsx_memory_realloc(XlsxMemory *memory, void *pointer, size_t size)
{
	XlsxBlock  *block;

	if (pointer == NULL)
		return xlsx_memory_alloc(memory, size);
	if (size > SIZE_MAX / 2)
		return NULL;
	block = (XlsxBlock *) pointer - 1;
	block = memory->allocator.realloc(memory->allocator.context, block, sizeof(XlsxBlock) + size);
	if (block == NULL)
		return NULL;
	relink_block(memory, block);
	return block + 1;
}

void
xlsx_memory_free(XlsxMemory *memory, void *pointer)
{
	XlsxBlock  *block;

	if (pointer == NULL)
		return;
	block = (XlsxBlock *) pointer - 1;
	unlink_block(memory, block);
	if (block->destroy != NULL)
		block->destroy(pointer);
	memory->allocator.free(memory->allocator.context, block);
}

void *
xlsx_memory_new(XlsxMemory *memory, size_t size, void (*destroy) (void *object))
{
	void	   *object = xlsx_memory_alloc(memory, size);

	if (object == NULL)
		return NULL;
	memset(object, 0, size);
	((XlsxBlock *) object - 1)->destroy = destroy;
	return object;
}

char *
xlsx_memory_copy(XlsxMemory *memory, const char *text, size_t length)
{
	char	   *copy = xlsx_memory_alloc(memory, length + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

bool
xlsx_memory_grow(XlsxMemory *memory, void *array, size_t *capacity, size_t element, size_t most)
{
	size_t		wanted = *capacity < 16 ? 32 : *capacity * 2;
	void	   *elements;

	if (wanted > most)
		wanted = most;
	if (wanted <= *capacity || wanted > SIZE_MAX / 2 / element)
		return false;
	memcpy(&elements, array, sizeof(elements));
	elements = xlsx_memory_realloc(memory, elements, wanted * element);
	if (elements == NULL)
		return false;
	memcpy(array, &elements, sizeof(elements));
	*capacity = wanted;
	return true;
}

void
xlsx_memory_release(XlsxMemory *memory)
{
	while (memory->newest != NULL)
		xlsx_memory_free(memory, memory->newest + 1);
}
