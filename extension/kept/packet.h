/*
 * packet.h
 *	  Packs checked rows between VALIDATING and SAVING: one bytea for up to 1000 rows.
 *
 * Layout, in native byte order since a packet never leaves its server: a header with the
 * signature of the profile's columns, then the rows. Each row begins at a multiple of 4 bytes. It
 * has the sheet row number, a bitmap of nulls, one of blanks, and each value that is not null. A value of a class
 * that waits as a datum takes 8 bytes. Any other value is a varlena as in a tuple: a short one
 * has a 1-byte header and is not aligned, a long one is aligned and has a 4-byte header. So
 * values can be used in place, and put into tuples without changing them.
 */
#ifndef PG_XLSX_PACKET_H
#define PG_XLSX_PACKET_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"
#include "lib/stringinfo.h"
#include "profile/profile.h"

typedef struct PacketWriter
{
	const Profile *profile;
	ColumnClass *classes;		/* of its columns */
	StringInfoData buffer;
	int			rows;
} PacketWriter;

/* The buffer lives in the current memory context, and is used again for each packet. */
extern void packet_init(PacketWriter *writer, const Profile *profile);
extern void packet_begin(PacketWriter *writer);
extern void packet_row(PacketWriter *writer, uint32 sheet_row, const CheckedValue *values);

/* Added to the sheet_row of a row that asks for its row of the target to be deleted. */
#define PACKET_DELETES UINT32_C(0x80000000)

/* One row of a packet by itself. It begins at a multiple of 4. */
typedef struct PackedRow
{
	const char *bytes;
	size_t		length;
} PackedRow;

extern void packet_packed_row(PacketWriter *writer, const PackedRow *row);

/* Appends a packed row to a buffer whose length is a multiple of 4. */
extern void packet_pack(StringInfo buffer, const ColumnClass *classes, int count, uint32 sheet_row, const CheckedValue *values);

/* When it is full, end the batch before the next row. */
extern bool packet_full(const PacketWriter *writer);

/* The packet so far. Valid until a row is added or the next packet begins. */
extern bytea *packet_end(PacketWriter *writer);

/* The rows of a packet as arrays. The value of row r and column c is at [r * columns + c]. */
typedef struct PacketRows
{
	int			count;
	int			columns;
	uint32	   *sheet_rows;
	Datum	   *values;			/* COLUMN_OTHER: a text datum; varlenas may have short headers */
	bool	   *nulls;
	bool	   *blanks;			/* CheckedValue.blank */
	bool	   *deletes;		/* by row: it asks for its row of the target to be deleted */
} PacketRows;

/*
 * Unpacks into the current memory context. The values point into packet, which must be 8-byte
 * aligned, as palloc returns it. Raises an error when the packet was made for other columns than
 * the profile has.
 */
extern void packet_read(const Profile *profile, bytea *packet, PacketRows *rows);

/* The rows at these places, as rows of their own in the current memory context. Values are shared. */
extern PacketRows *packet_pick(const PacketRows *rows, const int *index, int count);

/* Adds a row that comes from another packet of the same profile. */
extern void packet_copy_row(PacketWriter *writer, const PacketRows *rows, int row);

#endif							/* PG_XLSX_PACKET_H */
