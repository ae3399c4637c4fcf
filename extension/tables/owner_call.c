/*
 * owner_call.c
 *	  Functions that pass their call on to a function of the same name in xlsx_private.
 *
 * Only the owner of the extension may write the private tables. A public function that writes them
 * has pg_xlsx_as_owner as its body, which gives it its name and arguments. The work is done by the
 * function of the same name in xlsx_private, which has one argument more, the first: the role that
 * calls. It runs as the owner, checks what the caller may do, and no other role can call it.
 * SECURITY DEFINER would not be enough, because it does not pass on who calls: within a worker, or
 * within another function, that is neither the session's role nor the role chosen by SET ROLE.
 *
 * A function with options has pg_xlsx_as_owner_by_name, or pg_xlsx_by_name, which changes no role
 * and passes on no caller. The arguments with a default are its options: they become the last
 * argument of the other function, one JSON object (call_options.h).
 */
#include "pg/pg_xlsx.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/call_options.h"
#include "tables/owner.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(pg_xlsx_as_owner);
PG_FUNCTION_INFO_V1(pg_xlsx_as_owner_by_name);
PG_FUNCTION_INFO_V1(pg_xlsx_by_name);

/* The function behind the one that is called. */
typedef struct Worker
{
	FmgrInfo	function;
	int			passed;			/* so many arguments are passed on as they are */
	bool		as_owner;
	bool		by_name;		/* the others become one JSON object */
} Worker;

static Oid
find_worker(Oid called, const Worker *worker)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(called));
	Form_pg_proc form;
	Oid			types[FUNC_MAX_ARGS];
	int			count = 0;
	Oid			found;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", called);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	if (worker->as_owner)
		types[count++] = REGROLEOID;
	memcpy(types + count, form->proargtypes.values, sizeof(Oid) * (size_t) worker->passed);
	count += worker->passed;
	if (worker->by_name)
		types[count++] = JSONBOID;
	found = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, NameGetDatum(&form->proname),
							PointerGetDatum(buildoidvector(types, count)),
							ObjectIdGetDatum(get_namespace_oid("xlsx_private", false)));
	if (!OidIsValid(found))
		elog(ERROR, "function \"%s\" has no counterpart in xlsx_private", NameStr(form->proname));
	ReleaseSysCache(tuple);
	return found;
}

static Worker *
worker_of(FunctionCallInfo fcinfo, bool as_owner, bool by_name)
{
	FmgrInfo   *called = fcinfo->flinfo;
	Worker	   *worker = called->fn_extra;

	if (worker == NULL)
	{
		worker = MemoryContextAlloc(called->fn_mcxt, sizeof(Worker));
		worker->as_owner = as_owner;
		worker->by_name = by_name;
		worker->passed = by_name ? call_options_first(called->fn_oid) : fcinfo->nargs;
		fmgr_info_cxt(find_worker(called->fn_oid, worker), &worker->function, called->fn_mcxt);
		called->fn_extra = worker;
	}
	return worker;
}

static void
set_argument(FunctionCallInfo call, Datum value)
{
	call->args[call->nargs].value = value;
	call->args[call->nargs++].isnull = false;
}

static Datum
call_worker(FunctionCallInfo fcinfo, Worker *worker)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	OwnerState	caller;
	Datum		result;

	InitFunctionCallInfoData(*call, &worker->function, 0, InvalidOid, NULL, NULL);
	if (worker->as_owner)
		set_argument(call, ObjectIdGetDatum(GetUserId()));
	for (int i = 0; i < worker->passed; i++)
		call->args[call->nargs++] = fcinfo->args[i];
	if (worker->by_name)
		set_argument(call, JsonbPGetDatum(call_options(fcinfo, worker->passed)));
	if (worker->as_owner)
		owner_enter(&caller);
	result = FunctionCallInvoke(call);
	if (worker->as_owner)
		owner_leave(&caller);
	fcinfo->isnull = call->isnull;
	return result;
}

Datum
pg_xlsx_as_owner(PG_FUNCTION_ARGS)
{
	return call_worker(fcinfo, worker_of(fcinfo, true, false));
}

Datum
pg_xlsx_as_owner_by_name(PG_FUNCTION_ARGS)
{
	return call_worker(fcinfo, worker_of(fcinfo, true, true));
}

Datum
pg_xlsx_by_name(PG_FUNCTION_ARGS)
{
	return call_worker(fcinfo, worker_of(fcinfo, false, true));
}
