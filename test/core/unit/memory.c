/*
 * memory.c
 *	  The list of all blocks: it frees those that nobody else freed.
 */
#include "memory.h"

#include <string.h>

#include "support.h"

static char order[16];

static void
note_a(void *object)
{
	(void) object;
	strcat(order, "a");
}

static void
note_b(void *object)
{
	(void) object;
	strcat(order, "b");
}

static XlsxMemory
fresh(CountingMemory *counts)
{
	XlsxAllocator allocator = counting_allocator(counts);
	XlsxMemory	memory;

	memset(counts, 0, sizeof(*counts));
	memset(order, 0, sizeof(order));
	xlsx_memory_init(&memory, &allocator);
	return memory;
}

static void
release_frees_all_newest_first(void **state)
{
	CountingMemory counts;
	XlsxMemory	memory = fresh(&counts);
	char	   *object;

	(void) state;
	object = xlsx_memory_new(&memory, 10, note_a);
	assert_int_equal(object[9], 0);
	assert_non_null(xlsx_memory_alloc(&memory, 0));
	xlsx_memory_new(&memory, 10, note_b);
	assert_int_equal(counts.live, 3);
	xlsx_memory_release(&memory);
	assert_int_equal(counts.live, 0);
	assert_string_equal(order, "ba");
	xlsx_memory_release(&memory);
}

static void
blocks_may_be_freed_and_moved_in_any_order(void **state)
{
	CountingMemory counts;
	XlsxMemory	memory = fresh(&counts);
	char	   *blocks[3];
	int			i,
				j;

	(void) state;
	for (i = 0; i < 3; i++)
	{
		for (j = 0; j < 3; j++)
			blocks[j] = xlsx_memory_alloc(&memory, 8);
		memcpy(blocks[i], "content", 8);
		blocks[i] = xlsx_memory_realloc(&memory, blocks[i], 100000);
		assert_string_equal(blocks[i], "content");
		xlsx_memory_free(&memory, blocks[(i + 1) % 3]);
		xlsx_memory_free(&memory, blocks[i]);
	}
	xlsx_memory_free(&memory, NULL);
	assert_int_equal(counts.live, 3);
	xlsx_memory_release(&memory);
	assert_int_equal(counts.live, 0);
}

static void
objects_are_destroyed_when_freed(void **state)
{
	CountingMemory counts;
	XlsxMemory	memory = fresh(&counts);

	(void) state;
	xlsx_memory_free(&memory, xlsx_memory_new(&memory, 1, note_a));
	assert_string_equal(order, "a");
	assert_int_equal(counts.live, 0);
}

static void
arrays_double_up_to_a_limit(void **state)
{
	CountingMemory counts;
	XlsxMemory	memory = fresh(&counts);
	uint64_t   *numbers = NULL;
	size_t		capacity = 0;

	(void) state;
	assert_true(xlsx_memory_grow(&memory, &numbers, &capacity, sizeof(*numbers), 100));
	assert_int_equal(capacity, 32);
	numbers[31] = 7;
	assert_true(xlsx_memory_grow(&memory, &numbers, &capacity, sizeof(*numbers), 100));
	assert_true(xlsx_memory_grow(&memory, &numbers, &capacity, sizeof(*numbers), 100));
	assert_int_equal(capacity, 100);
	assert_int_equal(numbers[31], 7);
	assert_false(xlsx_memory_grow(&memory, &numbers, &capacity, sizeof(*numbers), 100));
	assert_int_equal(capacity, 100);
	xlsx_memory_release(&memory);
}

static void
what_cannot_be_had_leaves_all_as_it_was(void **state)
{
	CountingMemory counts;
	XlsxMemory	memory = fresh(&counts);
	char	   *block = xlsx_memory_copy(&memory, "text", 4);
	size_t		capacity = 5;

	(void) state;
	assert_null(xlsx_memory_alloc(&memory, SIZE_MAX));
	assert_null(xlsx_memory_realloc(&memory, block, SIZE_MAX - 5));
	counts.fail_at = 1;
	assert_null(xlsx_memory_alloc(&memory, 1));
	assert_null(xlsx_memory_realloc(&memory, block, 10));
	assert_null(xlsx_memory_new(&memory, 10, note_a));
	assert_null(xlsx_memory_copy(&memory, "x", 1));
	assert_false(xlsx_memory_grow(&memory, &block, &capacity, 1, 100));
	assert_string_equal(block, "text");
	assert_int_equal(capacity, 5);
	xlsx_memory_release(&memory);
	assert_int_equal(counts.live, 0);
	assert_string_equal(order, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(release_frees_all_newest_first),
		cmocka_unit_test(blocks_may_be_freed_and_moved_in_any_order),
		cmocka_unit_test(objects_are_destroyed_when_freed),
		cmocka_unit_test(arrays_double_up_to_a_limit),
		cmocka_unit_test(what_cannot_be_had_leaves_all_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
