/*
 * violation_json.h
 *	  The violations of a row as a jsonb array of objects, in the bytes in
 *	  which PostgreSQL keeps it (utils/jsonb.h).
 *
 * Half of a sheet may be bad.  The server's own way takes each key and value
 * as a node of a tree, sorts the keys and writes it out; but the keys are
 * always these, and sorted once and for all.
 */
#ifndef PG_XLSX_VIOLATION_JSON_H
#define PG_XLSX_VIOLATION_JSON_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* The members of a violation, in the order of jsonb: by length, then by bytes. */
typedef enum ViolationMember
{
	VIOLATION_CELL,
	VIOLATION_CODE,
	VIOLATION_HINT,
	VIOLATION_VALUE,
	VIOLATION_COLUMN,
	VIOLATION_DETAIL,
	VIOLATION_MESSAGE,
	VIOLATION_SQLSTATE,
	VIOLATION_CONSTRAINT,
	VIOLATION_MEMBERS
} ViolationMember;

typedef struct ViolationJson
{
	StringInfoData objects;		/* one after the other */
	StringInfoData ends;		/* uint32: where each ends */
	int			count;
} ViolationJson;

/* The buffers live in the current memory context and are kept from row to row. */
extern void violation_json_init(ViolationJson *json);
extern void violation_json_begin(ViolationJson *json);

/* Adds an object of the members that are not NULL; they are copied. */
extern void violation_json_add(ViolationJson *json, const char *const members[VIOLATION_MEMBERS]);

/* The array, in the current memory context. */
extern Jsonb *violation_json_end(const ViolationJson *json);

#endif							/* PG_XLSX_VIOLATION_JSON_H */
