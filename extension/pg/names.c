/*
 * names.c
 *	  The names of an enum's values.
 */
#include "pg/names.h"

#include "lib/stringinfo.h"

int
names_find(const Names *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->texts[i], name) == 0)
			return i;
	return -1;
}

char *
names_sentence(const Names *names)
{
	StringInfoData sentence;

	initStringInfo(&sentence);
	for (int i = 0; i < names->count; i++)
		appendStringInfo(&sentence, "%s%s", i == 0 ? "" : i == names->count - 1 ? " and " : ", ", names->texts[i]);
	return sentence.data;
}
