/*
 * json_value.c
 *	  Writes values of the database as JSON.
 */
#include "pg/json_value.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/json.h"

void
json_value_init(JsonValue *value, Oid type)
{
	Const	   *argument = makeNullConst(type, -1, InvalidOid);
	FuncExpr   *call = makeFuncExpr(F_TO_JSON, JSONOID, list_make1(argument), InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);

	value->type = type;
	fmgr_info(F_TO_JSON, &value->to_json);
	fmgr_info_set_expr((Node *) call, &value->to_json);
}

void
json_value_append_text(StringInfo json, Datum value)
{
	escape_json(json, TextDatumGetCString(value));
}

static void
append_integer(StringInfo json, int64 number)
{
	char		digits[MAXINT8LEN + 1];

	appendBinaryStringInfo(json, digits, pg_lltoa(number, digits));
}

void
json_value_append(StringInfo json, JsonValue *value, Datum datum)
{
	struct varlena *text;

	switch (value->type)
	{
		case INT2OID:
			append_integer(json, DatumGetInt16(datum));
			return;
		case INT4OID:
			append_integer(json, DatumGetInt32(datum));
			return;
		case INT8OID:
			append_integer(json, DatumGetInt64(datum));
			return;
		case TEXTOID:
		case VARCHAROID:
			json_value_append_text(json, datum);
			return;
		default:
			text = (struct varlena *) DatumGetPointer(FunctionCall1(&value->to_json, datum));
			appendBinaryStringInfo(json, VARDATA_ANY(text), (int) VARSIZE_ANY_EXHDR(text));
	}
}
