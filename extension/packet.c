/*
 * packet.c
 *	  Checked rows on their way from VALIDATING to SAVING.
 */
#include "packet.h"

#include "common/hashfn.h"

/* A packet ends early at this size: long texts must not make a batch of any size. */
#define PACKET_FULL_BYTES (8 * 1024 * 1024)

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

/* Changes when the columns change in a way that makes the packets of before unreadable. */
static uint32
signature(const Profile *profile)
{
	uint32		hash = 0;

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

static void
align_buffer(StringInfo buffer)
{
	static const char zeros[8] = {0};

	appendBinaryStringInfo(buffer, zeros, (int) (INTALIGN(buffer->len) - buffer->len));
}

static void
append_varlena(StringInfo buffer, const char *bytes, size_t length)
{
	align_buffer(buffer);
	enlargeStringInfo(buffer, VARHDRSZ);
	SET_VARSIZE(buffer->data + buffer->len, length + VARHDRSZ);
	buffer->len += VARHDRSZ;
	appendBinaryStringInfo(buffer, bytes, (int) length);
}

static void
append_value(StringInfo buffer, ColumnClass class, const CheckedValue *value)
{
	if (waits_as_datum(class))
		appendBinaryStringInfo(buffer, (const char *) &value->datum, sizeof(Datum));
	else if (class == COLUMN_NUMERIC)
	{
		struct varlena *numeric = (struct varlena *) DatumGetPointer(value->datum);

		append_varlena(buffer, VARDATA_ANY(numeric), VARSIZE_ANY_EXHDR(numeric));
	}
	else
		append_varlena(buffer, value->text, value->length);
}

void
packet_row(PacketWriter *writer, uint32 sheet_row, const CheckedValue *values)
{
	const Profile *profile = writer->profile;
	StringInfo	buffer = &writer->buffer;
	int			bitmap_bytes = (profile->count + 7) / 8;
	int			bitmap;

	appendBinaryStringInfo(buffer, (char *) &sheet_row, sizeof(sheet_row));
	bitmap = buffer->len;
	enlargeStringInfo(buffer, bitmap_bytes);
	memset(buffer->data + bitmap, 0, (size_t) bitmap_bytes);
	buffer->len += bitmap_bytes;
	for (int i = 0; i < profile->count; i++)
		if (values[i].null)
			buffer->data[bitmap + i / 8] |= (char) (1 << (i % 8));
		else
			append_value(buffer, profile->columns[i].class, &values[i]);
	align_buffer(buffer);
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

/* One row from cursor on; returns where the next one begins. */
static const char *
read_row(const Profile *profile, const char *packet, const char *cursor, PacketRows *rows, int row)
{
	const char *bitmap;

	memcpy(&rows->sheet_rows[row], cursor, sizeof(uint32));
	bitmap = cursor + sizeof(uint32);
	cursor = bitmap + (profile->count + 7) / 8;
	for (int i = 0; i < profile->count; i++)
	{
		int			at = row * profile->count + i;

		rows->nulls[at] = (bitmap[i / 8] >> (i % 8)) & 1;
		rows->values[at] = (Datum) 0;
		if (rows->nulls[at])
			continue;
		if (waits_as_datum(profile->columns[i].class))
		{
			memcpy(&rows->values[at], cursor, sizeof(Datum));
			cursor += sizeof(Datum);
			continue;
		}
		cursor = packet + INTALIGN(cursor - packet);
		rows->values[at] = PointerGetDatum(cursor);
		cursor += VARSIZE(cursor);
	}
	return packet + INTALIGN(cursor - packet);
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
	rows->values = palloc(sizeof(Datum) * Max(cells, 1));
	rows->nulls = palloc(sizeof(bool) * Max(cells, 1));
	for (int row = 0; row < header->rows; row++)
		cursor = read_row(profile, (const char *) packet, cursor, rows, row);
}
