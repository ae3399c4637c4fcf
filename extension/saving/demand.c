/*
 * demand.c
 *	  What a sheet must have, in the mode of the import.
 */
#include "saving/demand.h"

#include "saving/column_default.h"
#include "saving/key.h"
#include "saving/keyed_write.h"
#include "saving/save_mode.h"

/* Has a new row a value where the sheet has none, or a blank cell with blank_cells "default"? */
static bool
fills_itself(const ProfileColumn *column)
{
	return column->has_default || column->default_value != NULL;
}

/* Would a blank cell of a new row be NULL, against NOT NULL? */
static bool
harms_new_row(const ProfileColumn *column)
{
	return column->not_null && (!fills_itself(column) || column->blank_cells == BLANK_NULL);
}

/* The same of a row that is updated. */
static bool
harms_old_row(const ProfileColumn *column)
{
	return column->not_null && (column->blank_cells == BLANK_NULL || (column->blank_cells == BLANK_DEFAULT && !fills_itself(column)));
}

static void
demand_of_insert(ProfileColumn *column)
{
	column->required = column->demanded || harms_new_row(column);
	column->needs_header = column->demanded || (column->not_null && !column->has_default);
}

/* Can no row be found without a cell of this column of the key? */
static bool
needs_to_find(const Profile *profile, const ProfileColumn *column)
{
	return !profile_computes(column) && !column_default_repeats(profile, column);
}

/* Without its key a row is neither found nor, mostly, inserted. A blank cell of it is the default, whatever blank_cells is. */
static void
demand_of_key(const Profile *profile, ProfileColumn *column, bool inserts)
{
	column->required = column->demanded || (column->not_null && !fills_itself(column));
	column->needs_header = column->required || (!inserts && needs_to_find(profile, column));
}

static void
demand_of_other(const Profile *profile, ProfileColumn *column, const SaveModeFacts *mode, bool updated, bool in_key)
{
	bool		harms_old = mode->updates && updated && harms_old_row(column);

	column->required = column->demanded || (harms_old && (!mode->inserts || harms_new_row(column)));
	column->needs_header = mode->inserts ? column->demanded : in_key && needs_to_find(profile, column);
	column->asked_late = mode->inserts && harms_new_row(column);
}

/*
 * Where a column draws a value for each row, and in the key of a row, a blank cell never means NULL: the new row gets the default, and
 * a row that is there keeps what it has.
 */
static void
take_default(const Profile *profile, ProfileColumn *column, bool is_key)
{
	if (column->blank_cells == BLANK_NULL && (is_key || OidIsValid(column_default_sequence(profile->target, column->attnum))))
		column->blank_cells = BLANK_KEEP;
}

void
save_demand(const SaveTask *task)
{
	Profile    *profile = task->profile;
	const SaveModeFacts *mode = save_mode(task->mode);
	SaveKey		key = {0};
	bool	   *updated = NULL;

	profile->only_updates = mode->by_key && !mode->inserts;
	if (mode->by_key)
	{
		save_key_find(task, &key);
		updated = keyed_updated_columns(profile, NULL, key.is_key);
	}
	for (int i = 0; i < profile->count; i++)
	{
		ProfileColumn *column = &profile->columns[i];

		column->asked_late = false;
		take_default(profile, column, mode->by_key && key.is_key[i]);
		if (!mode->by_key)
			demand_of_insert(column);
		else if (key.is_key[i])
			demand_of_key(profile, column, mode->inserts);
		else
			demand_of_other(profile, column, mode, updated[i], key.needs[i]);
		column->needs_header = column->needs_header && column->source == SOURCE_CELL && column->default_value == NULL;
	}
}
