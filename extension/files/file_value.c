/*
 * file_value.c
 *	  A workbook as an argument of an SQL function.
 */
#include "files/file_value.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "access/detoast.h"
#include "catalog/pg_authid.h"
#include "files/store.h"
#include "fmgr.h"
#include "libpq/libpq-fs.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

PG_FUNCTION_INFO_V1(pg_xlsx_server_file);
PG_FUNCTION_INFO_V1(pg_xlsx_large_object);

/* A value that stands for bytes that are stored elsewhere. */
typedef struct FileValue
{
	ExpandedObjectHeader header;
	uint64		size;
	Oid			object;			/* large object, or InvalidOid */
	struct varlena *column;		/* stored out of line in a table, or NULL */
	XlsxSource *stored;			/* upload in the store, or NULL */
	char	   *path;			/* of a server file, for messages */
	File		file;
	uint64		block_at;		/* the piece of the large object or column that was read last */
	bytea	   *block;			/* NULL: none */
} FileValue;

/*
 * Reading
 */

static XlsxStatus
read_file(FileValue *value, uint64 offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	*got = 0;
	while (*got < length)
	{
		int			n = FileRead(value->file, (char *) buffer + *got, length - *got, (off_t) (offset + *got),
								 WAIT_EVENT_COPY_FILE_READ);

		if (n < 0)
			return xlsx_fail(error, XLSX_IO, "could not read file \"%s\": %s", value->path, strerror(errno));
		if (n == 0)
			break;
		*got += (size_t) n;
	}
	return XLSX_OK;
}

/* A large object is read with the rights of the current role. */
static bytea *
read_block(const FileValue *value, uint64 at)
{
	if (value->column != NULL)
		return (bytea *) detoast_attr_slice(value->column, (int32) at, PG_XLSX_CHUNK_BYTES);
	return DatumGetByteaP(DirectFunctionCall3(be_lo_get_fragment, ObjectIdGetDatum(value->object),
											  Int64GetDatum((int64) at), Int32GetDatum(PG_XLSX_CHUNK_BYTES)));
}

/* The piece that holds the byte at offset. */
static void
load_block(FileValue *value, uint64 offset)
{
	uint64		at = offset - offset % PG_XLSX_CHUNK_BYTES;
	MemoryContext caller;

	if (value->block != NULL && value->block_at == at)
		return;
	if (value->block != NULL)
		pfree(value->block);
	value->block = NULL;
	caller = MemoryContextSwitchTo(value->header.eoh_context);
	value->block = read_block(value, at);
	value->block_at = at;
	MemoryContextSwitchTo(caller);
}

static void
read_blocks(FileValue *value, uint64 offset, void *buffer, size_t length, size_t *got)
{
	*got = 0;
	while (*got < length)
	{
		size_t		start = (offset + *got) % PG_XLSX_CHUNK_BYTES;
		size_t		n;

		load_block(value, offset + *got);
		if (VARSIZE_ANY_EXHDR(value->block) <= start)
			break;
		n = Min(length - *got, VARSIZE_ANY_EXHDR(value->block) - start);
		memcpy((char *) buffer + *got, VARDATA_ANY(value->block) + start, n);
		*got += n;
	}
}

static XlsxStatus
read_value(void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	FileValue  *value = context;

	*got = 0;
	if (offset >= value->size)
		return XLSX_OK;
	length = Min(length, value->size - offset);
	if (value->stored != NULL)
		return value->stored->read(value->stored->context, offset, buffer, length, got, error);
	if (value->file >= 0)
		return read_file(value, offset, buffer, length, got, error);
	read_blocks(value, offset, buffer, length, got);
	return XLSX_OK;
}

/* For functions that want the bytes themselves */

static Size
get_flat_size(ExpandedObjectHeader *header)
{
	FileValue  *value = (FileValue *) header;

	if (value->size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("file is too large for one value"),
				 errhint("Pass it directly to a function of pg_xlsx, which reads it in pieces.")));
	return (Size) value->size + VARHDRSZ;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	FileValue  *value = (FileValue *) header;
	size_t		got;
	XlsxError	error;

	if (read_value(value, 0, VARDATA(result), allocated_size - VARHDRSZ, &got, &error) != XLSX_OK ||
		got < allocated_size - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_IO_ERROR),
				 errmsg("could not read the whole file"),
				 errhint("It may have become shorter meanwhile.")));
	SET_VARSIZE(result, allocated_size);
}

static const ExpandedObjectMethods file_value_methods = {get_flat_size, flatten_into};

/* A context reset callback. */
static void
close_file(void *argument)
{
	FileValue  *value = argument;

	if (value->file >= 0)
		FileClose(value->file);
}

static FileValue *
make_value(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx file", ALLOCSET_SMALL_SIZES);
	FileValue  *value = MemoryContextAllocZero(context, sizeof(FileValue));
	MemoryContextCallback *callback = MemoryContextAllocZero(context, sizeof(MemoryContextCallback));

	EOH_init_header(&value->header, &file_value_methods, context);
	value->file = -1;
	callback->func = close_file;
	callback->arg = value;
	MemoryContextRegisterResetCallback(context, callback);
	return value;
}

/*
 * A source over a column value that is stored uncompressed and out of line: its bytes can be read
 * in place. NULL for any other value.
 */
static FileValue *
column_value(struct varlena *datum)
{
	struct varatt_external pointer;
	FileValue  *value;

	if (!VARATT_IS_EXTERNAL_ONDISK(datum))
		return NULL;
	VARATT_EXTERNAL_GET_POINTER(pointer, datum);
	if (VARATT_EXTERNAL_IS_COMPRESSED(pointer) || VARATT_EXTERNAL_GET_EXTSIZE(pointer) <= PG_XLSX_CHUNK_BYTES)
		return NULL;
	value = make_value();
	value->size = VARATT_EXTERNAL_GET_EXTSIZE(pointer);
	value->column = MemoryContextAlloc(value->header.eoh_context, VARSIZE_EXTERNAL(datum));
	memcpy(value->column, datum, VARSIZE_EXTERNAL(datum));
	return value;
}

/* NULL when the datum holds its bytes itself, or can only be read as a whole. */
static FileValue *
value_of(Datum file)
{
	FileValue  *value;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(file)))
		return column_value((struct varlena *) DatumGetPointer(file));
	value = (FileValue *) DatumGetEOHP(file);
	return value->header.eoh_methods == &file_value_methods ? value : NULL;
}

void
file_value_source(Datum file, XlsxSource *source, MemoryContext context)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	FileValue  *value = value_of(file);

	if (value != NULL)
		*source = (XlsxSource)
		{
			.read = read_value,.size = value->size,.context = value,.descriptor = -1
		};
	else
	{
		bytea	   *bytes = DatumGetByteaPP(file);

		xlsx_source_memory(source, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	}
	MemoryContextSwitchTo(caller);
}

Datum
file_value_stored(int64 file, uint64 size)
{
	FileValue  *value = make_value();

	value->size = size;
	value->stored = MemoryContextAlloc(value->header.eoh_context, sizeof(XlsxSource));
	store_source(value->stored, file, size, value->header.eoh_context);
	return EOHPGetRODatum(&value->header);
}

/*
 * Files of the server
 */

void
file_value_require_right(void)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read files of the server"),
				 errdetail("Only roles with privileges of the \"%s\" role may.", "pg_read_server_files"),
				 errhint("Send the workbook's bytes as a bytea instead.")));
}

static void
open_file(FileValue *value, bool follow)
{
	/*
	 * The flags keep open() from waiting for the other end of a pipe, and a terminal from
	 * becoming this process's.
	 */
	int			flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | PG_BINARY | (follow ? 0 : O_NOFOLLOW);
	struct stat st;

	value->file = PathNameOpenFile(value->path, flags);
	if (value->file < 0 || fstat(FileGetRawDesc(value->file), &st) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", value->path)));
	if (!S_ISREG(st.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a regular file", value->path)));
	value->size = (uint64) st.st_size;
}

Datum
file_value_of_path(const char *path, bool follow)
{
	FileValue  *value;

	file_value_require_right();
	value = make_value();
	value->path = MemoryContextStrdup(value->header.eoh_context, path);
	open_file(value, follow);
	return EOHPGetRODatum(&value->header);
}

/*
 * SQL
 */

Datum
pg_xlsx_server_file(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(file_value_of_path(text_to_cstring(PG_GETARG_TEXT_PP(0)), true));
}

Datum
pg_xlsx_large_object(PG_FUNCTION_ARGS)
{
	FileValue  *value = make_value();
	int32		descriptor;

	value->object = PG_GETARG_OID(0);
	/* These functions check the right to read, and that the object exists. */
	descriptor = DatumGetInt32(DirectFunctionCall2(be_lo_open, ObjectIdGetDatum(value->object), Int32GetDatum(INV_READ)));
	value->size = (uint64) DatumGetInt64(DirectFunctionCall3(be_lo_lseek64, Int32GetDatum(descriptor),
															 Int64GetDatum(0), Int32GetDatum(SEEK_END)));
	DirectFunctionCall1(be_lo_close, Int32GetDatum(descriptor));
	PG_RETURN_DATUM(EOHPGetRODatum(&value->header));
}
