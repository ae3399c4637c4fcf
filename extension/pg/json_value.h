/*
 * json_value.h
 *	  Writes values of the database as JSON, in the form of to_json().
 */
#ifndef PG_XLSX_JSON_VALUE_H
#define PG_XLSX_JSON_VALUE_H

#include "pg/pg_xlsx.h"

#include "fmgr.h"
#include "lib/stringinfo.h"

typedef struct JsonValue
{
	Oid			type;
	FmgrInfo	to_json;		/* for types that json_value_append does not write by itself */
} JsonValue;

/* Lives in the current memory context. */
extern void json_value_init(JsonValue *value, Oid type);

/* Appends a value that is not NULL. Temporary memory comes from the current memory context. */
extern void json_value_append(StringInfo json, JsonValue *value, Datum datum);

/* Appends a text of the database's encoding as a string. */
extern void json_value_append_text(StringInfo json, Datum value);

#endif							/* PG_XLSX_JSON_VALUE_H */
