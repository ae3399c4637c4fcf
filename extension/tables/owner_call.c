/*
 * owner_call.c
 *	  Functions that do their work as the owner of the extension.
 *
 * Only the owner may write the private tables. A public function that writes them has this C
 * function as its body, which gives it its name and arguments. The work is done by the function
 * of the same name in xlsx_private, which has one argument more, the first: the role that calls.
 * It runs as the owner, checks what the caller may do, and no other role can call it. SECURITY
 * DEFINER would not be enough, because it does not pass on who calls: within a worker, or within
 * another function, that is neither the session's role nor the role chosen by SET ROLE.
 */
#include "pg/pg_xlsx.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tables/owner.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(pg_xlsx_as_owner);

/* The function in xlsx_private that does the work of this one. */
static Oid
find_worker(Oid called)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(called));
	Form_pg_proc form;
	Oid			types[FUNC_MAX_ARGS];
	Oid			worker;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", called);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	types[0] = REGROLEOID;
	memcpy(types + 1, form->proargtypes.values, sizeof(Oid) * (size_t) form->pronargs);
	worker = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, NameGetDatum(&form->proname),
							 PointerGetDatum(buildoidvector(types, form->pronargs + 1)),
							 ObjectIdGetDatum(get_namespace_oid("xlsx_private", false)));
	if (!OidIsValid(worker))
		elog(ERROR, "function \"%s\" has no counterpart in xlsx_private", NameStr(form->proname));
	ReleaseSysCache(tuple);
	return worker;
}

static FmgrInfo *
worker_of(FunctionCallInfo fcinfo)
{
	FmgrInfo   *worker = fcinfo->flinfo->fn_extra;

	if (worker == NULL)
	{
		worker = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(find_worker(fcinfo->flinfo->fn_oid), worker, fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = worker;
	}
	return worker;
}

Datum
pg_xlsx_as_owner(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	OwnerState	caller;
	Datum		result;

	InitFunctionCallInfoData(*call, worker_of(fcinfo), fcinfo->nargs + 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(GetUserId());
	call->args[0].isnull = false;
	for (int i = 0; i < fcinfo->nargs; i++)
		call->args[i + 1] = fcinfo->args[i];
	owner_enter(&caller);
	result = FunctionCallInvoke(call);
	owner_leave(&caller);
	fcinfo->isnull = call->isnull;
	return result;
}
