/*
 * enum_labels.c
 *	  The labels of an enum.
 */
#include "profile/enum_labels.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static int
by_order(const void *one, const void *other)
{
	float4		difference = (*(const Form_pg_enum *) one)->enumsortorder - (*(const Form_pg_enum *) other)->enumsortorder;

	return difference < 0 ? -1 : difference > 0;
}

TextList
enum_labels(Oid type)
{
	TextList	list = {0, NULL};
	CatCList   *members;
	Form_pg_enum *labels;

	if (!type_is_enum(type))
		return list;
	members = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	labels = palloc(sizeof(Form_pg_enum) * (size_t) Max(members->n_members, 1));
	for (int i = 0; i < members->n_members; i++)
		labels[i] = (Form_pg_enum) GETSTRUCT(&members->members[i]->tuple);
	qsort(labels, (size_t) members->n_members, sizeof(Form_pg_enum), by_order);
	list = (TextList) {members->n_members, palloc(sizeof(char *) * (size_t) Max(members->n_members, 1))};
	for (int i = 0; i < list.count; i++)
		list.items[i] = pstrdup(NameStr(labels[i]->enumlabel));
	pfree(labels);
	ReleaseSysCacheList(members);
	return list;
}
