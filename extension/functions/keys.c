/*
 * keys.c
 *	  C functions behind SQL about the keys of profiles.
 */
#include "pg/pg_xlsx.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "kept/unnest.h"
#include "lib/stringinfo.h"
#include "profile/key_name.h"
#include "profile/unique_key.h"
#include "saving/column_default.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pg_xlsx_check_key);
PG_FUNCTION_INFO_V1(pg_xlsx_key_needs);
PG_FUNCTION_INFO_V1(pg_xlsx_key_match);

static TextList
argument_texts(FunctionCallInfo fcinfo, int i)
{
	TextList	texts = {0, NULL};
	Datum	   *items;

	if (PG_ARGISNULL(i))
		return texts;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(i), TEXTOID, -1, false, TYPALIGN_INT, &items, NULL, &texts.count);
	texts.items = palloc(sizeof(char *) * (size_t) Max(texts.count, 1));
	for (int k = 0; k < texts.count; k++)
		texts.items[k] = TextDatumGetCString(items[k]);
	return texts;
}

static char *
argument_name(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : pstrdup(NameStr(*PG_GETARG_NAME(i)));
}

/* xlsx_private.check_key(target, profile, key_columns, key_index) */
Datum
pg_xlsx_check_key(PG_FUNCTION_ARGS)
{
	Oid			target = PG_GETARG_OID(0);
	TextList	named = argument_texts(fcinfo, 2);
	char	   *index = argument_name(fcinfo, 3);
	Relation	relation = relation_open(target, AccessShareLock);
	UniqueKey	key;

	(void) key_names_parse(relation, &named);
	relation_close(relation, NoLock);
	if (index != NULL)
		unique_key_find(target, text_to_cstring(PG_GETARG_TEXT_PP(1)), &named, index, NULL, &key);
	PG_RETURN_VOID();
}

/* xlsx_private.key_needs(target, key_columns, key_index) */
Datum
pg_xlsx_key_needs(PG_FUNCTION_ARGS)
{
	Oid			target = PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);
	TextList	named = argument_texts(fcinfo, 1);
	char	   *index = argument_name(fcinfo, 2);
	Bitmapset  *reads = NULL;
	int			attnum = -1;
	Datum		names[MaxHeapAttributeNumber];
	int			count = 0;
	UniqueKey	key;

	if (get_rel_name(target) == NULL || (named.count == 0 && index == NULL) || !unique_key_recall(target, &named, index, NULL, &key) || key.nulls_equal)
		PG_RETURN_NULL();
	for (int k = 0; k < key.count; k++)
		reads = bms_add_members(reads, unique_key_reads(target, key.parts[k].expression));
	while ((attnum = bms_next_member(reads, attnum)) >= 0)
		if (attnum > 0 && !OidIsValid(column_default_sequence(target, (AttrNumber) attnum)))
			names[count++] = DirectFunctionCall1(namein, CStringGetDatum(get_attname(target, (AttrNumber) attnum, false)));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

/* "CAST($1 ->> 'a' AS type)": a column of the row whose texts are given. */
static char *
source_of_texts(void *argument, AttrNumber attnum)
{
	Oid			target = *(const Oid *) argument;
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(target, attnum, &type, &typmod, &collation);
	return unique_key_collated(target, attnum, psprintf("CAST($1 OPERATOR(pg_catalog.->>) %s AS %s)",
														 quote_literal_cstr(get_attname(target, attnum, false)), unnest_type_name(type)));
}

/* xlsx_private.key_match(target, key_columns, key_index, imported, inside) */
Datum
pg_xlsx_key_match(PG_FUNCTION_ARGS)
{
	Oid			target = PG_GETARG_OID(0);
	TextList	named = argument_texts(fcinfo, 1);
	char	   *index = argument_name(fcinfo, 2);
	Bitmapset  *imported = NULL;
	StringInfoData sql;
	UniqueKey	key;
	Datum	   *names = NULL;
	int			count = 0;

	if (!PG_ARGISNULL(3))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &names, NULL, &count);
	for (int i = 0; i < count; i++)
		imported = bms_add_member(imported, Max(get_attnum(target, NameStr(*DatumGetName(names[i]))), 0));
	if (!unique_key_recall(target, &named, index, imported, &key))
		PG_RETURN_TEXT_P(cstring_to_text("true"));
	initStringInfo(&sql);
	for (int k = 0; k < key.count; k++)
		appendStringInfo(&sql, "%s%s", k > 0 ? " AND " : "",
						 unique_key_equals(&key, k, unique_key_sql_over(target, key.parts[k].expression, source_of_texts, &target)));
	if (key.predicate != NULL && PG_GETARG_BOOL(4))
		appendStringInfo(&sql, " AND %s", unique_key_sql(target, key.predicate));
	PG_RETURN_TEXT_P(cstring_to_text(sql.data));
}
