/*
 * pg_xlsx.c
 *	  Module magic and start.
 */
#include "pg_xlsx.h"

#include "dispatch.h"
#include "fmgr.h"
#include "guc.h"
#include "launcher.h"
#include "live.h"
#include "miscadmin.h"
#include "prepared.h"
#include "redis.h"
#include "shut.h"
#include "slots.h"
#include "vacate.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	guc_define();
	if (!process_shared_preload_libraries_in_progress)
		return;
	redis_guard_log();
	dispatch_init();
	slots_init();
	shut_init();
	live_init();
	vacate_init();
	prepared_init();
	launcher_register();
}
