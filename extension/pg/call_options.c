/*
 * call_options.c
 *	  The arguments of the SQL function that is being called, by their names.
 */
#include "pg/call_options.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static char *
text_of(Oid type, Datum value)
{
	Oid			output;
	bool		varlena;

	getTypeOutputInfo(type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

/* The DateStyle of the session has forms without an offset. */
static char *
moment_of(Datum value)
{
	char		text[MAXDATELEN + 1];

	return pstrdup(JsonEncodeDateTime(text, value, TIMESTAMPTZOID, NULL));
}

static void
put_value(StringInfo json, Oid type, Datum value)
{
	if (OidIsValid(get_element_type(type)))
		appendStringInfoString(json, TextDatumGetCString(DirectFunctionCall1(array_to_json, value)));
	else if (type == BOOLOID)
		appendStringInfoString(json, DatumGetBool(value) ? "true" : "false");
	else if (type == INT4OID || type == INT8OID || type == JSONBOID)
		appendStringInfoString(json, text_of(type, value));
	else if (type == REGCLASSOID)
		appendStringInfo(json, "%u", DatumGetObjectId(value));
	else
		escape_json(json, type == TIMESTAMPTZOID ? moment_of(value) : text_of(type, value));
}

static HeapTuple
find_function(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	return tuple;
}

Jsonb *
call_options(FunctionCallInfo fcinfo, int first)
{
	HeapTuple	tuple = find_function(fcinfo->flinfo->fn_oid);
	StringInfoData json;
	Oid		   *types;
	char	  **names;
	char	   *modes;

	get_func_arg_info(tuple, &types, &names, &modes);
	ReleaseSysCache(tuple);
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = first; i < fcinfo->nargs; i++)
	{
		if (fcinfo->args[i].isnull)
			continue;
		if (json.len > 1)
			appendStringInfoChar(&json, ',');
		escape_json(&json, names[i]);
		appendStringInfoChar(&json, ':');
		put_value(&json, types[i], fcinfo->args[i].value);
	}
	appendStringInfoChar(&json, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}

int
call_options_first(Oid function)
{
	HeapTuple	tuple = find_function(function);
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	int			first = form->pronargs - form->pronargdefaults;

	ReleaseSysCache(tuple);
	return first;
}
