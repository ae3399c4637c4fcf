/*
 * sequence.c
 *	  Moves a sequence forward.
 */
#include "pg/sequence.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/pg_sequence.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static FormData_pg_sequence
definition(Oid sequence)
{
	HeapTuple	tuple = SearchSysCache1(SEQRELID, ObjectIdGetDatum(sequence));
	FormData_pg_sequence form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for sequence %u", sequence);
	form = *(Form_pg_sequence) GETSTRUCT(tuple);
	ReleaseSysCache(tuple);
	return form;
}

bool
sequence_descends(Oid sequence)
{
	return definition(sequence).seqincrement < 0;
}

/* The record that setval() writes. */
static void
log_change(Relation relation, Buffer buffer, const HeapTupleData *tuple)
{
	xl_seq_rec	record = {compat_relation_locator(relation)};
	XLogRecPtr	end;

	XLogBeginInsert();
	XLogRegisterBuffer(0, buffer, REGBUF_WILL_INIT);
	XLogRegisterData((char *) &record, sizeof(record));
	XLogRegisterData((char *) tuple->t_data, tuple->t_len);
	end = XLogInsert(RM_SEQ_ID, XLOG_SEQ_LOG);
	PageSetLSN(BufferGetPage(buffer), end);
}

void
sequence_pass(Oid sequence, int64 value)
{
	FormData_pg_sequence form = definition(sequence);
	Relation	relation = relation_open(sequence, RowExclusiveLock);
	Buffer		buffer = ReadBuffer(relation, 0);
	HeapTupleData tuple;
	Form_pg_sequence_data data;
	ItemId		item;

	value = Max(Min(value, form.seqmax), form.seqmin);
	if (RelationNeedsWAL(relation))
		GetTopTransactionId();
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	item = PageGetItemId(BufferGetPage(buffer), FirstOffsetNumber);
	tuple.t_data = (HeapTupleHeader) PageGetItem(BufferGetPage(buffer), item);
	tuple.t_len = ItemIdGetLength(item);
	data = (Form_pg_sequence_data) GETSTRUCT(&tuple);
	if ((form.seqincrement > 0 ? data->last_value < value : data->last_value > value) || (data->last_value == value && !data->is_called))
	{
		START_CRIT_SECTION();
		data->last_value = value;
		data->is_called = true;
		data->log_cnt = 0;
		MarkBufferDirty(buffer);
		if (RelationNeedsWAL(relation))
			log_change(relation, buffer, &tuple);
		END_CRIT_SECTION();
	}
	UnlockReleaseBuffer(buffer);
	relation_close(relation, NoLock);
}
