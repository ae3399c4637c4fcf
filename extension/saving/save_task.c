/*
 * save_task.c
 *	  What to save, and where to.
 */
#include "saving/save_task.h"

bool
save_is_keyed(SaveMode mode)
{
	return mode == MODE_UPSERT || mode == MODE_SKIP || mode == MODE_UPDATE;
}
