/*
 * plan_words.c
 *	  Lists of words in a plan.
 */
#include "check/plan_words.h"

#include "lib/stringinfo.h"
#include "pg/nearest.h"
#include "pg/text_fold.h"

/* Words that a message lists. */
#define LISTED_WORDS 50

static int
find_folded(const JudgePlan *plan, PlanTexts folded, const char *text)
{
	size_t		length = strlen(text);
	int			found = WORD_UNKNOWN;

	for (uint32 i = 0; i < folded.count; i++)
	{
		PlanText	one = plan_text_of(plan, folded, i);

		if (one.length != length || memcmp(plan_text(plan, one), text, length) != 0)
			continue;
		if (found != WORD_UNKNOWN)
			return WORD_AMBIGUOUS;
		found = (int) i;
	}
	return found;
}

int
plan_words_find(const JudgePlan *plan, const PlanWords *words, bool ignore_case, const char *text, size_t length)
{
	char	   *folded;
	int			found;

	for (uint32 i = 0; i < words->texts.count; i++)
	{
		PlanText	one = plan_text_of(plan, words->texts, i);

		if (one.length == length && memcmp(plan_text(plan, one), text, length) == 0)
			return (int) i;
	}
	if (!ignore_case)
		return WORD_UNKNOWN;
	folded = text_fold(text, length);
	found = find_folded(plan, words->folded, folded);
	pfree(folded);
	return found;
}

const char *
plan_words_hint(const JudgePlan *plan, const PlanWords *words, const char *text, size_t length)
{
	Nearest		nearest;

	if (words->folded.count > NEAREST_MOST_WORDS)
		return NULL;
	nearest_begin(&nearest, text, length);
	for (uint32 i = 0; i < words->folded.count; i++)
	{
		PlanText	one = plan_text_of(plan, words->folded, i);

		nearest_try(&nearest, plan_text(plan, one), one.length, (int) i);
	}
	return nearest.found < 0 ? NULL : nearest_hint(plan_text(plan, plan_text_of(plan, words->texts, (uint32) nearest.found)));
}

char *
words_for_people(const TextList *words)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < words->count && i < LISTED_WORDS; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", words->items[i]);
	if (words->count > LISTED_WORDS)
		appendStringInfoString(&list, ", ...");
	return list.data;
}
