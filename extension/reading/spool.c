/*
 * spool.c
 *	  Messages that wait in temporary files.
 */
#include "reading/spool.h"

#include "miscadmin.h"
#include "pg/wait_events.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include "utils/memutils.h"

/* A file is left alone when it is so long. */
#define FILE_BYTES ((uint64) 64 * 1024 * 1024)

typedef struct SpoolFile
{
	File		file;
	uint64		bytes;			/* up to the end of the last message */
} SpoolFile;

void
spool_init(Spool *spool, uint64 limit)
{
	*spool = (Spool) {.context = CurrentMemoryContext, .limit = limit};
}

/* Opened between transactions, because the file must outlive the next one. */
static SpoolFile *
open_file(Spool *spool)
{
	MemoryContext caller = MemoryContextSwitchTo(spool->context);
	SpoolFile  *file = palloc0(sizeof(SpoolFile));

	file->file = OpenTemporaryFile(true);
	spool->files = lappend(spool->files, file);
	MemoryContextSwitchTo(caller);
	return file;
}

static void
close_first(Spool *spool)
{
	SpoolFile  *file = linitial(spool->files);

	FileClose(file->file);
	spool->bytes -= file->bytes;
	spool->read = 0;
	spool->files = list_delete_first(spool->files);
	pfree(file);
}

/* Would FileWrite refuse it? */
static bool
is_over_limit(const Spool *spool, Size length)
{
	uint64		after = spool->bytes + sizeof(length) + length;

	return after > spool->limit || (temp_file_limit >= 0 && after > (uint64) temp_file_limit * 1024);
}

/* False if the disk is full or refuses the write for another reason. */
static bool
write_at_end(SpoolFile *file, const void *data, Size length)
{
	int			written = FileWrite(file->file, (char *) data, (int) length, (off_t) file->bytes, wait_event_of(WAIT_FOR_SPOOL_WRITE));

	file->bytes += length;
	return written == (int) length;
}

bool
spool_put(Spool *spool, const char *data, Size length)
{
	SpoolFile  *last = spool->files == NIL ? NULL : llast(spool->files);
	uint64		before;

	if (is_over_limit(spool, length))
	{
		spool->at_limit = true;
		return false;
	}
	if (last == NULL || last->bytes >= FILE_BYTES)
		last = open_file(spool);
	before = last->bytes;
	if (!write_at_end(last, &length, sizeof(length)) || !write_at_end(last, data, length))
	{
		last->bytes = before;	/* half a message is written over, or never read */
		return false;
	}
	spool->bytes += last->bytes - before;
	return true;
}

static void
read_next(Spool *spool, void *data, Size length)
{
	SpoolFile  *file = linitial(spool->files);

	if (FileRead(file->file, data, (int) length, (off_t) spool->read, wait_event_of(WAIT_FOR_SPOOL_READ)) != (int) length)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from file \"%s\": %m", FilePathName(file->file))));
	spool->read += length;
}

bool
spool_take(Spool *spool, StringInfo message)
{
	Size		length;

	while (spool->files != NIL && spool->read == ((SpoolFile *) linitial(spool->files))->bytes)
		close_first(spool);
	if (spool->files == NIL)
		return false;
	read_next(spool, &length, sizeof(length));
	resetStringInfo(message);
	enlargeStringInfo(message, (int) length);
	read_next(spool, message->data, length);
	message->len = (int) length;
	return true;
}
