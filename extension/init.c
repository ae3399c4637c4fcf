/*
 * init.c
 *	  Start of the library.
 */
#include "pg/pg_xlsx.h"

#include "files/redis.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "tasks/dispatch.h"
#include "tasks/live.h"
#include "tasks/prepared.h"
#include "tasks/slots.h"
#include "tasks/turns.h"
#include "tasks/unheard.h"
#include "workers/launcher.h"
#include "workers/shut.h"
#include "workers/trouble.h"
#include "workers/vacate.h"

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
	turns_init();
	unheard_init();
	shut_init();
	trouble_init();
	live_init();
	vacate_init();
	prepared_init();
	/* pg_upgrade starts servers whose databases nobody else may touch. */
	if (!IsBinaryUpgrade)
		launcher_register();
}
