/*
 * dues.c
 *	  When the launcher has databases swept.
 */
#include "workers/dues.h"

#include "utils/hsearch.h"
#include "utils/timestamp.h"

typedef struct Due
{
	Oid			database;		/* the key */
	TimestampTz when;
} Due;

static HTAB *dues = NULL;

void
dues_note(Oid database, TimestampTz when)
{
	HASHCTL		control = {.keysize = sizeof(Oid), .entrysize = sizeof(Due)};
	Due		   *due;
	bool		found;

	if (dues == NULL)
		dues = hash_create("pg_xlsx due databases", 64, &control, HASH_ELEM | HASH_BLOBS);
	due = hash_search(dues, &database, HASH_ENTER, &found);
	due->when = found ? Min(due->when, when) : when;
}

/* The entry with the earliest time; NULL: none. */
static Due *
earliest(void)
{
	HASH_SEQ_STATUS scan;
	Due		   *first = NULL;
	Due		   *due;

	if (dues == NULL)
		return NULL;
	hash_seq_init(&scan, dues);
	while ((due = hash_seq_search(&scan)) != NULL)
		if (first == NULL || due->when < first->when)
			first = due;
	return first;
}

bool
dues_take(TimestampTz now, Oid *database)
{
	Due		   *due = earliest();

	if (due == NULL || due->when > now)
		return false;
	*database = due->database;
	(void) hash_search(dues, database, HASH_REMOVE, NULL);
	return true;
}

TimestampTz
dues_next(void)
{
	Due		   *due = earliest();

	return due == NULL ? DT_NOEND : due->when;
}
