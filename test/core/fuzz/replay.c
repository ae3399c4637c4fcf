/*
 * replay.c
 *	  Runs one fuzzer over the inputs of its name in test/core/fuzz/found and test/core/fuzz/seeds.
 *
 *	  fuzz_core_sheet   reads test/core/fuzz/found/core_sheet-* and test/core/fuzz/seeds/core_sheet-*
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

static struct CMUnitTest tests[4096];
static size_t count;

static void
replay(void **state)
{
	Bytes		input = read_whole(*state);

	LLVMFuzzerTestOneInput((const uint8_t *) input.data, input.length);
	bytes_free(&input);
}

static void
collect(const char *folder, const char *fuzzer)
{
	DIR		   *dir = opendir(folder);
	struct dirent *entry;
	char		path[1024];

	while (dir != NULL && (entry = readdir(dir)) != NULL && count < sizeof(tests) / sizeof(tests[0]))
	{
		size_t		length = strlen(fuzzer);

		if (strncmp(entry->d_name, fuzzer, length) != 0 || entry->d_name[length] != '-')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		tests[count].name = tests[count].initial_state = strdup(path);
		tests[count++].test_func = replay;
	}
	if (dir != NULL)
		closedir(dir);
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	int			failed;

	(void) argc;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	collect("test/core/fuzz/found", name);
	collect("test/core/fuzz/seeds", name);
	if (count == 0)
	{
		fprintf(stderr, "no input for %s\n", name);
		return 1;
	}
	failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	while (count > 0)
		free((char *) tests[--count].name);
	return failed;
}
