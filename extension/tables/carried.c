/*
 * carried.c
 *	  Settings that an import carries along from the session that submitted it.
 */
#include "tables/carried.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "pg/guc.h"
#include "pg/query.h"
#include "tables/tenant.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(pg_xlsx_carried_settings);

/* A setting that nobody has made yet is not known either. */
static bool
is_real(const char *name)
{
	return GetConfigOption(name, true, false) != NULL && (GetConfigOptionFlags(name, true) & GUC_CUSTOM_PLACEHOLDER) == 0;
}

void
carried_check(const char *name)
{
	if (!guc_is_custom_name(name, strlen(name)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"%s\" cannot be carried along by an import", name),
				 errdetail("Its name must have a dot, as app.tenant has, and must not begin with \"" GUC_PREFIX ".\".")));
	if (is_real(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"%s\" cannot be carried along by an import", name),
				 errdetail("It belongs to the server or to an extension.")));
}

/*
 * At the submission
 */

/* A setting may have come to belong to an extension since the profile named it. */
static void
record(StringInfo json, const char *name)
{
	const char *value;

	carried_check(name);
	value = GetConfigOption(name, true, false);
	if (value == NULL)
		return;
	appendStringInfoChar(json, json->len == 0 ? '{' : ',');
	escape_json(json, name);
	appendStringInfoChar(json, ':');
	escape_json(json, value);
}

char *
carried_record(Datum given, bool has_names)
{
	const char *tenant = tenant_setting();
	StringInfoData json;
	Datum	   *names = NULL;
	int			count = 0;

	initStringInfo(&json);
	if (has_names)
		deconstruct_array(DatumGetArrayTypeP(given), TEXTOID, -1, false, TYPALIGN_INT, &names, NULL, &count);
	for (int i = 0; i < count; i++)
		record(&json, TextDatumGetCString(names[i]));
	if (tenant != NULL)
		record(&json, tenant);
	if (json.len > CARRIED_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("settings that the import carries along are too long"),
				 errdetail("They have %d bytes, and may have %d.", json.len, CARRIED_MAX_BYTES)));
	if (json.len == 0)
		return NULL;
	appendStringInfoChar(&json, '}');
	return json.data;
}

Datum
pg_xlsx_carried_settings(PG_FUNCTION_ARGS)
{
	char	   *settings = carried_record(PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), !PG_ARGISNULL(0));

	if (settings == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(settings)));
}

/*
 * In the import
 */

/* A tenant that the session has by itself is not the task's. */
static void
forget_tenant(void)
{
	const char *name = tenant_setting();
	const char *value = name == NULL ? NULL : GetConfigOption(name, true, false);

	if (value != NULL && value[0] != '\0')
		query_set_option(name, "");
}

void
carried_apply(const char *settings)
{
	Jsonb	   *object;
	JsonbIterator *members;
	JsonbValue	value;
	JsonbIteratorToken token;
	char	   *name = NULL;

	forget_tenant();
	if (settings == NULL)
		return;
	object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(settings)));
	members = JsonbIteratorInit(&object->root);
	while ((token = JsonbIteratorNext(&members, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, (Size) value.val.string.len);
		else if (token == WJB_VALUE && value.type == jbvString)
		{
			carried_check(name);
			query_set_option(name, pnstrdup(value.val.string.val, (Size) value.val.string.len));
		}
	}
}
