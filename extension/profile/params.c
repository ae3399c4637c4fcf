/*
 * params.c
 *	  What a submitter says of one import.
 */
#include "profile/params.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

static Jsonb *
object_of(const char *params)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(params != NULL ? params : "{}")));
}

void
params_check(const char *params)
{
	if (params == NULL)
		return;
	if (strlen(params) > PARAMS_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("params must have at most %d bytes", PARAMS_MAX_BYTES),
				 errdetail("They have %zu.", strlen(params)),
				 errhint("What is longer belongs into a table, whose key params can name.")));
	if (!JB_ROOT_IS_OBJECT(object_of(params)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("params must be a JSON object"),
				 errhint("Such as {\"project\": 7}.")));
}

Datum
params_datum(const Profile *profile)
{
	return JsonbPGetDatum(object_of(profile->params));
}

char *
params_text(const Profile *profile, const char *name)
{
	Jsonb	   *object = object_of(profile->params);
	JsonbValue	key = {.type = jbvString,.val.string = {(int) strlen(name), (char *) name}};
	JsonbValue *value = findJsonbValueFromContainer(&object->root, JB_FOBJECT, &key);

	if (value == NULL || value->type == jbvNull)
		return NULL;
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, (Size) value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
	}
}

const char *
params_name(const Profile *profile)
{
	return profile_column_index(profile, PARAMS_NAME) < 0 ? PARAMS_NAME : "\"$params\"";
}

char *
params_lookup(const char *query, int argument)
{
	return psprintf("(SELECT $%d::pg_catalog.jsonb AS " PARAMS_NAME ") AS \"$params\" CROSS JOIN LATERAL (%s\n) AS q (k, v)", argument, query);
}
