/*
 * foreign_keys.c
 *	  Looks up the foreign keys of a batch before its rows are inserted.
 *
 * This only shortens the search for the rows at fault. A marked row is still tried by itself, so
 * the constraint itself decides.
 */
#include "saving/foreign_keys.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_operator.h"
#include "executor/spi.h"
#include "kept/unnest.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/* Index of the profile column of an attribute, -1 when there is none. */
static int
column_of_attnum(const Profile *profile, AttrNumber attnum)
{
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return i;
	return -1;
}

/* May the current role read the table that the key points to? */
static bool
can_look(const Profile *profile, const ForeignKeyCacheInfo *key)
{
	if (key->confrelid == profile->target || get_rel_relkind(key->confrelid) == RELKIND_FOREIGN_TABLE)
		return false;			/* the parent may be a row of the same batch */
	for (int i = 0; i < key->nkeys; i++)
		if (column_of_attnum(profile, key->conkey[i]) < 0)
			return false;
	return pg_class_aclcheck(key->confrelid, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(key->confrelid, InvalidOid, true) != RLS_ENABLED;
}

/* The constraint's operator with its schema, so that search_path does not matter. */
static char *
operator_text(Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Form_pg_operator form;
	char	   *text;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	text = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return text;
}

static void
mark(const Profile *profile, const ForeignKeyCacheInfo *key, const PacketRows *rows, bool *bad)
{
	StringInfoData from;
	StringInfoData names;
	StringInfoData match;
	StringInfoData present;
	Oid			types[INDEX_MAX_KEYS];
	Datum		values[INDEX_MAX_KEYS];
	char	   *sql;

	initStringInfo(&from);
	initStringInfo(&names);
	initStringInfo(&match);
	initStringInfo(&present);
	for (int i = 0; i < key->nkeys; i++)
	{
		int			column = column_of_attnum(profile, key->conkey[i]);
		const ProfileColumn *of = &profile->columns[column];

		types[i] = get_array_type(unnest_element(of));
		values[i] = unnest_array(of, rows, 0, rows->count, column);
		appendStringInfo(&from, "%spg_catalog.unnest($%d)", i > 0 ? ", " : "", i + 1);
		appendStringInfo(&names, "%sc%d", i > 0 ? ", " : "", i);
		appendStringInfo(&present, "u.c%d IS NOT NULL AND ", i);
		appendStringInfo(&match, "%sp.%s %s CAST(u.c%d AS %s)", i > 0 ? " AND " : "",
						 quote_identifier(get_attname(key->confrelid, key->confkey[i], false)),
						 operator_text(key->conpfeqop[i]), i,
						 unnest_type_name(of->type));
	}
	sql = psprintf("SELECT u.ord FROM ROWS FROM (%s) WITH ORDINALITY AS u (%s, ord) WHERE %sNOT EXISTS (SELECT FROM %s p WHERE %s)",
				   from.data, names.data, present.data,
				   quote_qualified_identifier(get_namespace_name(get_rel_namespace(key->confrelid)),
											  get_rel_name(key->confrelid)), match.data);
	SPI_connect();
	if (SPI_execute_with_args(sql, key->nkeys, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a foreign key");
	for (uint64 found = 0; found < SPI_processed; found++)
	{
		bool		null;
		Datum		place = SPI_getbinval(SPI_tuptable->vals[found], SPI_tuptable->tupdesc, 1, &null);

		bad[query_index(place, null, rows->count)] = true;
	}
	SPI_finish();
}

void
foreign_keys_mark_orphans(const Profile *profile, const PacketRows *rows, bool *bad)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	List	   *keys = copyObject(RelationGetFKeyList(target));
	ListCell   *cell;

	foreach(cell, keys)
		if (can_look(profile, lfirst(cell)))
			mark(profile, lfirst(cell), rows, bad);
	table_close(target, NoLock);
}

bool
foreign_keys_to_itself(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	bool		found = false;
	ListCell   *cell;

	foreach(cell, RelationGetFKeyList(target))
		found = found || ((ForeignKeyCacheInfo *) lfirst(cell))->confrelid == profile->target;
	table_close(target, NoLock);
	return found;
}
