/*
 * tenant.c
 *	  Whose a task is among those who share one role.
 */
#include "tables/tenant.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "pg/guc.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(pg_xlsx_current_tenant);
PG_FUNCTION_INFO_V1(pg_xlsx_party);

char *
tenant_setting(void)
{
	size_t		length = strcspn(pg_xlsx_tenant_setting, ":");

	return length == 0 ? NULL : pnstrdup(pg_xlsx_tenant_setting, length);
}

/* The next member of a path, and moves to what follows it. The check of the setting has found the path well formed. */
static char *
next_member(const char **path)
{
	bool		quoted = **path == '"';
	const char *start = *path + quoted;
	size_t		length = strcspn(start, quoted ? "\"" : ".");

	*path = start + length + quoted;
	if (**path == '.')
		(*path)++;
	return pnstrdup(start, length);
}

static ArrayType *
members_of(const char *path)
{
	Datum	   *members = palloc(sizeof(Datum) * (strlen(path) + 1));
	int			count = 0;

	while (*path != '\0')
		members[count++] = CStringGetTextDatum(next_member(&path));
	return construct_array(members, count, TEXTOID, -1, false, TYPALIGN_INT);
}

static void
explain_json(void *name)
{
	errcontext("setting \"%s\", in which pg_xlsx.tenant_setting seeks the tenant", (char *) name);
}

/* The member of a JSON object as text; "" if it is not there, or null. */
static char *
member_at(char *name, const char *json, const char *path)
{
	ErrorContextCallback context = {.callback = explain_json, .arg = name, .previous = error_context_stack};
	LOCAL_FCINFO(call, 2);
	Datum		found;

	error_context_stack = &context;
	InitFunctionCallInfoData(*call, NULL, 2, InvalidOid, NULL, NULL);
	call->args[0] = (NullableDatum) {DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false};
	call->args[1] = (NullableDatum) {PointerGetDatum(members_of(path)), false};
	found = jsonb_extract_path_text(call);
	error_context_stack = context.previous;
	return call->isnull ? pstrdup("") : TextDatumGetCString(found);
}

char *
tenant_current(void)
{
	char	   *name = tenant_setting();
	const char *value = name == NULL ? NULL : GetConfigOption(name, true, false);
	const char *path = strchr(pg_xlsx_tenant_setting, ':');
	char	   *tenant;

	if (value == NULL || value[0] == '\0')
		return pstrdup("");
	tenant = path == NULL ? pstrdup(value) : member_at(name, value, path + 1);
	if (strlen(tenant) > TENANT_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("tenant must have at most %d bytes", TENANT_MAX_BYTES),
				 errdetail("It comes from \"%s\" and has %zu bytes.", pg_xlsx_tenant_setting, strlen(tenant))));
	return tenant;
}

bool
tenant_is(const char *tenant)
{
	return strcmp(tenant, tenant_current()) == 0;
}

Datum
pg_xlsx_current_tenant(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_TEXT_P(cstring_to_text(tenant_current()));
}

int64
tenant_party(Oid owner, const char *tenant, size_t length)
{
	uint32		hash = length == 0 ? 0 : hash_bytes((const unsigned char *) tenant, (int) length);

	/* that of a tenant is not that of none */
	return PARTY_OF(owner) | (length == 0 ? 0 : Max(hash >> 1, 1));
}

Datum
pg_xlsx_party(PG_FUNCTION_ARGS)
{
	text	   *tenant = PG_GETARG_TEXT_PP(1);

	PG_RETURN_INT64(tenant_party(PG_GETARG_OID(0), VARDATA_ANY(tenant), VARSIZE_ANY_EXHDR(tenant)));
}
