/*
 * upload_slot.c
 *	  How many uploads there may be, of whatever protocol.
 */
#include "api/upload_slot.h"

#include "process/config.h"

static int	taken;

bool
upload_slot_take(void)
{
	if (taken >= config.max_uploads * UPLOADS_OPEN)
		return false;
	taken++;
	return true;
}

void
upload_slot_give(void)
{
	taken--;
}

int
upload_slots_taken(void)
{
	return taken;
}
