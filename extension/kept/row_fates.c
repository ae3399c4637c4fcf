/*
 * row_fates.c
 *	  What became of the rows of one batch, row by row.
 */
#include "kept/row_fates.h"

#include "fmgr.h"
#include "utils/memutils.h"

void
row_fates_init(RowFates *fates, MemoryContext parent)
{
	*fates = (RowFates) {.context = AllocSetContextCreate(parent, "pg_xlsx row fates", ALLOCSET_DEFAULT_SIZES)};
}

void
row_fates_begin(RowFates *fates, int count)
{
	MemoryContextReset(fates->context);
	fates->rows = MemoryContextAllocZero(fates->context, sizeof(RowFate) * (size_t) Max(count, 1));
	fates->count = count;
}

void
row_fates_clear(RowFates *fates, int first, int last)
{
	if (fates != NULL)
		memset(fates->rows + first, 0, sizeof(RowFate) * (size_t) (last - first));
}

void
row_fates_set(RowFates *fates, int first, int last, RowAction action)
{
	for (int row = first; fates != NULL && row < last; row++)
		fates->rows[row].action = action;
}

int
row_fates_count(const RowFates *fates, int first, int last, RowAction action)
{
	int			count = 0;

	for (int row = first; row < last; row++)
		count += fates->rows[row].action == action;
	return count;
}

char *
row_fates_copy(RowFates *fates, const char *text, Size length)
{
	char	   *copy = MemoryContextAlloc(fates->context, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
row_fates_text(RowFates *fates, Datum text)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(text);

	return row_fates_copy(fates, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}
