/*
 * named_rows.c
 *	  Rows that statements of one SPI connection read by a name.
 */
#include "pg/named_rows.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

struct NamedRows
{
	EphemeralNamedRelationData relation;
	Tuplestorestate *store;
	int64		count;
};

NamedRows *
named_rows_create(const char *name, TupleDesc descriptor)
{
	NamedRows  *rows = palloc0(sizeof(NamedRows));

	rows->store = tuplestore_begin_heap(false, false, work_mem);
	rows->relation.md.name = pstrdup(name);
	rows->relation.md.reliddesc = InvalidOid;
	rows->relation.md.tupdesc = descriptor;
	rows->relation.md.enrtype = ENR_NAMED_TUPLESTORE;
	rows->relation.reldata = rows->store;
	return rows;
}

void
named_rows_add(NamedRows *rows, const Datum *values, const bool *nulls)
{
	tuplestore_putvalues(rows->store, rows->relation.md.tupdesc, (Datum *) values, (bool *) nulls);
	rows->count++;
}

int64
named_rows_count(const NamedRows *rows)
{
	return rows->count;
}

void
named_rows_register(NamedRows *rows)
{
	rows->relation.md.enrtuples = (double) rows->count;
	if (SPI_register_relation(&rows->relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register the rows \"%s\"", rows->relation.md.name);
}

void
named_rows_free(NamedRows *rows)
{
	tuplestore_end(rows->store);
	pfree(rows);
}
