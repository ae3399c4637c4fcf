/*
 * packet.c
 *	  Packs checked rows between VALIDATING and SAVING.
 */
#include "kept/packet.h"

#include "common/hashfn.h"

/* A packet ends early at this size. Otherwise long texts could make a batch arbitrarily large. */
#define PACKET_FULL_BYTES (8 * 1024 * 1024)

/* Change it whenever the layout changes: packets may wait while the extension is updated. */
#define PACKET_FORMAT 2

typedef struct PacketHeader
{
	int32		vl_len_;		/* of the bytea */
	uint32		signature;
	int32		rows;
	int32		columns;
} PacketHeader;

static bool
waits_as_datum(ColumnClass class)
{
	return class != COLUMN_TEXT && class != COLUMN_NUMERIC && class != COLUMN_OTHER;
}

/* Differs after a change of the columns that makes older packets unreadable. */
static uint32
signature(const Profile *profile)
{
	uint32		hash = PACKET_FORMAT;

	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];

		hash = hash_combine(hash, hash_uint32((uint32) column->attnum));
		hash = hash_combine(hash, hash_uint32(column->type));
		hash = hash_combine(hash, hash_uint32((uint32) column->typmod));
	}
	return hash;
}

void
packet_init(PacketWriter *writer, const Profile *profile)
{
	writer->profile = profile;
	writer->classes = palloc(sizeof(ColumnClass) * (size_t) Max(profile->count, 1));
	for (int i = 0; i < profile->count; i++)
		writer->classes[i] = profile->columns[i].class;
	initStringInfo(&writer->buffer);
}

void
packet_begin(PacketWriter *writer)
{
	PacketHeader header = {0};

	resetStringInfo(&writer->buffer);
	appendBinaryStringInfo(&writer->buffer, (char *) &header, sizeof(header));
	writer->rows = 0;
}

/* The bytes of a value that waits as a varlena. */
static const char *
varlena_bytes(ColumnClass class, const CheckedValue *value, size_t *length)
{
	struct varlena *numeric;

	if (class != COLUMN_NUMERIC)
	{
		*length = value->length;
		return value->text;
	}
	numeric = (struct varlena *) DatumGetPointer(value->datum);
	*length = VARSIZE_ANY_EXHDR(numeric);
	return VARDATA_ANY(numeric);
}

/* Writes a row to out, which has room for it. Returns where the row ends. */
static char *
put_varlena(char *out, const char *bytes, size_t length)
{
	if (length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		SET_VARSIZE_SHORT(out, length + VARHDRSZ_SHORT);
		out += VARHDRSZ_SHORT;
	}
	else
	{
		while ((uintptr_t) out % VARHDRSZ != 0)
			*out++ = 0;
		SET_VARSIZE(out, length + VARHDRSZ);
		out += VARHDRSZ;
	}
	memcpy(out, bytes, length);
	return out + length;
}

/* The most bytes that the row may take. */
static size_t
row_bytes(const ColumnClass *classes, int count, const CheckedValue *values)
{
	size_t		bytes = sizeof(uint32) + 2 * ((size_t) (count + 7) / 8);

	for (int i = 0; i < count; i++)
	{
		size_t		length = sizeof(Datum);

		if (values[i].null)
			continue;
		if (!waits_as_datum(classes[i]))
			(void) varlena_bytes(classes[i], &values[i], &length);
		bytes += length + 2 * VARHDRSZ;
	}
	return bytes;
}

void
packet_pack(StringInfo buffer, const ColumnClass *classes, int count, uint32 sheet_row, const CheckedValue *values)
{
	size_t		bitmap_bytes = (size_t) (count + 7) / 8;
	char	   *nulls;
	char	   *blanks;
	char	   *out;

	enlargeStringInfo(buffer, (int) row_bytes(classes, count, values));
	out = buffer->data + buffer->len;
	memcpy(out, &sheet_row, sizeof(sheet_row));
	nulls = out + sizeof(sheet_row);
	blanks = nulls + bitmap_bytes;
	memset(nulls, 0, 2 * bitmap_bytes);
	out = blanks + bitmap_bytes;
	for (int i = 0; i < count; i++)
	{
		ColumnClass class = classes[i];

		if (values[i].blank)
			blanks[i / 8] |= (char) (1 << (i % 8));
		if (values[i].null)
			nulls[i / 8] |= (char) (1 << (i % 8));
		else if (waits_as_datum(class))
		{
			memcpy(out, &values[i].datum, sizeof(Datum));
			out += sizeof(Datum);
		}
		else
		{
			size_t		length;
			const char *bytes = varlena_bytes(class, &values[i], &length);

			out = put_varlena(out, bytes, length);
		}
	}
	buffer->len = (int) (out - buffer->data);
}

/* Makes room for a row, and aligns its beginning as a varlena needs it. */
static void
begin_row(StringInfo buffer, size_t bytes)
{
	enlargeStringInfo(buffer, (int) bytes + VARHDRSZ);
	while (buffer->len % VARHDRSZ != 0)
		buffer->data[buffer->len++] = 0;
}

void
packet_row(PacketWriter *writer, uint32 sheet_row, const CheckedValue *values)
{
	begin_row(&writer->buffer, 0);
	packet_pack(&writer->buffer, writer->classes, writer->profile->count, sheet_row, values);
	writer->rows++;
}

void
packet_packed_row(PacketWriter *writer, const PackedRow *row)
{
	StringInfo	buffer = &writer->buffer;

	begin_row(buffer, row->length);
	memcpy(buffer->data + buffer->len, row->bytes, row->length);
	buffer->len += (int) row->length;
	writer->rows++;
}

bool
packet_full(const PacketWriter *writer)
{
	return writer->rows >= PG_XLSX_BATCH_ROWS || writer->buffer.len >= PACKET_FULL_BYTES;
}

bytea *
packet_end(PacketWriter *writer)
{
	PacketHeader *header = (PacketHeader *) writer->buffer.data;

	SET_VARSIZE(header, writer->buffer.len);
	header->signature = signature(writer->profile);
	header->rows = writer->rows;
	header->columns = writer->profile->count;
	return (bytea *) writer->buffer.data;
}

/* Reads one row at cursor. Returns where the next one begins. */
static const char *
read_row(const Profile *profile, const char *cursor, PacketRows *rows, int row)
{
	size_t		bitmap_bytes = (size_t) (profile->count + 7) / 8;
	const char *nulls;
	const char *blanks;

	cursor = (const char *) INTALIGN(cursor);
	memcpy(&rows->sheet_rows[row], cursor, sizeof(uint32));
	rows->deletes[row] = (rows->sheet_rows[row] & PACKET_DELETES) != 0;
	rows->sheet_rows[row] &= ~PACKET_DELETES;
	nulls = cursor + sizeof(uint32);
	blanks = nulls + bitmap_bytes;
	cursor = blanks + bitmap_bytes;
	for (int i = 0; i < profile->count; i++)
	{
		int			at = row * profile->count + i;

		rows->nulls[at] = (nulls[i / 8] >> (i % 8)) & 1;
		rows->blanks[at] = (blanks[i / 8] >> (i % 8)) & 1;
		rows->values[at] = (Datum) 0;
		if (rows->nulls[at])
			continue;
		if (waits_as_datum(profile->columns[i].class))
		{
			memcpy(&rows->values[at], cursor, sizeof(Datum));
			cursor += sizeof(Datum);
			continue;
		}
		/* The first byte of a short header is never 0; padding before a long header is. */
		if (!VARATT_NOT_PAD_BYTE(cursor))
			cursor = (const char *) INTALIGN(cursor);
		rows->values[at] = PointerGetDatum(cursor);
		cursor += VARSIZE_ANY(cursor);
	}
	return cursor;
}

void
packet_read(const Profile *profile, bytea *packet, PacketRows *rows)
{
	const PacketHeader *header = (const PacketHeader *) packet;
	const char *cursor = (const char *) packet + sizeof(PacketHeader);
	size_t		cells;

	if (VARSIZE(packet) < sizeof(PacketHeader) || header->signature != signature(profile) ||
		header->columns != profile->count)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("columns of the target were altered between checking and saving"),
				 errhint("Upload the file again.")));
	cells = (size_t) header->rows * (size_t) profile->count;
	rows->count = header->rows;
	rows->columns = profile->count;
	rows->sheet_rows = palloc(sizeof(uint32) * (size_t) Max(header->rows, 1));
	rows->deletes = palloc(sizeof(bool) * (size_t) Max(header->rows, 1));
	rows->values = palloc(sizeof(Datum) * Max(cells, 1));
	rows->nulls = palloc(sizeof(bool) * Max(cells, 1));
	rows->blanks = palloc(sizeof(bool) * Max(cells, 1));
	for (int row = 0; row < header->rows; row++)
		cursor = read_row(profile, cursor, rows, row);
}

void
packet_copy_row(PacketWriter *writer, const PacketRows *rows, int row)
{
	const Profile *profile = writer->profile;
	CheckedValue *values = palloc0(sizeof(CheckedValue) * (size_t) profile->count);

	for (int i = 0; i < profile->count; i++)
	{
		Datum		datum = rows->values[row * rows->columns + i];

		values[i].null = rows->nulls[row * rows->columns + i];
		values[i].blank = rows->blanks[row * rows->columns + i];
		values[i].datum = datum;
		if (values[i].null || waits_as_datum(profile->columns[i].class) || profile->columns[i].class == COLUMN_NUMERIC)
			continue;
		values[i].text = VARDATA_ANY(DatumGetPointer(datum));
		values[i].length = VARSIZE_ANY_EXHDR(DatumGetPointer(datum));
	}
	packet_row(writer, rows->sheet_rows[row] | (rows->deletes[row] ? PACKET_DELETES : 0), values);
	pfree(values);
}

PacketRows *
packet_pick(const PacketRows *rows, const int *index, int count)
{
	PacketRows *picked = palloc(sizeof(PacketRows));
	size_t		columns = (size_t) rows->columns;

	*picked = (PacketRows) {.count = count, .columns = rows->columns};
	picked->sheet_rows = palloc(sizeof(uint32) * (size_t) count);
	picked->values = palloc(sizeof(Datum) * columns * (size_t) count);
	picked->nulls = palloc(sizeof(bool) * columns * (size_t) count);
	picked->blanks = palloc(sizeof(bool) * columns * (size_t) count);
	picked->deletes = palloc(sizeof(bool) * (size_t) count);
	for (int i = 0; i < count; i++)
	{
		picked->sheet_rows[i] = rows->sheet_rows[index[i]];
		picked->deletes[i] = rows->deletes[index[i]];
		memcpy(picked->values + columns * i, rows->values + columns * index[i], sizeof(Datum) * columns);
		memcpy(picked->nulls + columns * i, rows->nulls + columns * index[i], sizeof(bool) * columns);
		memcpy(picked->blanks + columns * i, rows->blanks + columns * index[i], sizeof(bool) * columns);
	}
	return picked;
}
