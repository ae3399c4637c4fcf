/*
 * save_mode.c
 *	  What each mode of saving does with the target.
 */
#include "saving/save_mode.h"

static const SaveModeFacts facts[] = {
	[MODE_INSERT] = {.inserts = true},
	[MODE_ALL_OR_NOTHING] = {.inserts = true, .whole = true},
	[MODE_UPSERT] = {.by_key = true, .inserts = true, .updates = true},
	[MODE_SKIP] = {.by_key = true, .inserts = true},
	[MODE_UPDATE] = {.by_key = true, .updates = true},
	[MODE_SYNC] = {.by_key = true, .inserts = true, .updates = true, .absents = true},
	[MODE_REPLACE] = {.inserts = true, .empties = true, .whole = true},
};

const SaveModeFacts *
save_mode(SaveMode mode)
{
	Assert(mode < lengthof(facts));
	return &facts[mode];
}

void
save_mode_require_deletes(SaveMode mode, const char *delete_when)
{
	if (delete_when != NULL && !save_mode(mode)->updates)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mode %s deletes no rows", save_mode_names.texts[mode]),
				 errdetail("The profile has delete_when, by which rows of the file delete rows of the target."),
				 errhint("Take mode upsert, update or sync, or a profile without delete_when.")));
}
