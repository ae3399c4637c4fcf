/*
 * packet.h
 *	  Checked rows on their way from VALIDATING to SAVING: one bytea for up to 1000 rows.
 *
 * Layout, native byte order (a packet never leaves its server): a header
 * with the signature of the profile's columns, then row by row, each at a
 * multiple of 4 bytes, the sheet row number, a null bitmap, and each value that is not null: 8 bytes for classes
 * that wait as a datum, else a varlena as a tuple would hold it: with a 1-byte
 * header, not aligned, where it is short, else aligned with a 4-byte header.
 * A reader uses it where it lies, and forms tuples without touching it.
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

/* The buffer lives in the current memory context and is kept from packet to packet. */
extern void packet_init(PacketWriter *writer, const Profile *profile);
extern void packet_begin(PacketWriter *writer);
extern void packet_row(PacketWriter *writer, uint32 sheet_row, const CheckedValue *values);

/* A row of a packet by itself, at a multiple of 4 bytes. */
typedef struct PackedRow
{
	const char *bytes;
	size_t		length;
} PackedRow;

extern void packet_packed_row(PacketWriter *writer, const PackedRow *row);

/* Appends a packed row of so many columns to a buffer whose length is a multiple of 4. */
extern void packet_pack(StringInfo buffer, const ColumnClass *classes, int count, uint32 sheet_row, const CheckedValue *values);

/* Full: end the batch before the next row. */
extern bool packet_full(const PacketWriter *writer);

/* The packet as far as it is; valid until it gets another row or begins again. */
extern bytea *packet_end(PacketWriter *writer);

/* Rows of a packet, column by column in arrays: value of row r, column c at [r * columns + c]. */
typedef struct PacketRows
{
	int			count;
	int			columns;
	uint32	   *sheet_rows;
	Datum	   *values;			/* COLUMN_OTHER: a text datum; varlenas may have short headers */
	bool	   *nulls;
} PacketRows;

/*
 * Unpacks into the current memory context; values point into packet, which
 * must be 8-byte aligned as palloc gives it.  An error when the columns of the
 * profile are not those that the packet was made for.
 */
extern void packet_read(const Profile *profile, bytea *packet, PacketRows *rows);

/* Adds a row that was read from another packet of the same profile. */
extern void packet_copy_row(PacketWriter *writer, const PacketRows *rows, int row);

#endif							/* PG_XLSX_PACKET_H */
