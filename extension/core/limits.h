/*
 * limits.h
 *	  The limits of a workbook, in one table.
 *
 * Sizes in a file are claims. Each is compared with a limit before anything
 * is allocated, and with the bytes that are really read. The settings
 * pg_xlsx.<name> are made from this table, xlsxdump and the fuzzers use its
 * defaults, and an error names its entry.
 */
#ifndef XLSX_LIMITS_H
#define XLSX_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define XLSX_KB 1024
#define XLSX_MB (1024 * 1024)

/* No limit is larger than this in its unit: a setting is an int. */
#define XLSX_LIMIT_MOST 0x7fffffff

/* X(name, unit, default, least, most, description): the numbers in units; unit is 1 for a count, else bytes. */
#define XLSX_LIMITS(X) \
	X(max_entry_bytes, XLSX_MB, 16 * 1024, 1, XLSX_LIMIT_MOST, \
	  "Greatest inflated size of one part of a workbook.") \
	X(max_compression_ratio, 1, 200, 1, XLSX_LIMIT_MOST, \
	  "Greatest ratio of inflated to stored size of a part.") \
	X(ratio_floor_bytes, XLSX_KB, 16 * 1024, 0, XLSX_LIMIT_MOST, \
	  "Parts that inflate to less than this are not held against max_compression_ratio.") \
	X(max_entries, 1, 10000, 1, XLSX_LIMIT_MOST, \
	  "Most entries in the zip directory of a workbook.") \
	X(max_shared_strings_bytes, XLSX_KB, 512 * 1024, 64, XLSX_LIMIT_MOST, \
	  "Most memory for the shared strings of a workbook.")	/* their index too */ \
	X(max_string_length, 1, 32767, 1, 10 * 1024 * 1024, \
	  "Most characters in one cell.")	/* Excel's own limit */ \
	X(max_row_bytes, XLSX_KB, 32 * 1024, 64, XLSX_LIMIT_MOST, \
	  "Most memory for the texts of one row.")	/* shared strings too */ \
	X(max_columns, 1, 16384, 1, 1000000, \
	  "Greatest column number of a sheet.")	/* Excel's own limit */ \
	X(max_rows, 1, 1048576, 1, 16777215, \
	  "Greatest row number of a sheet.")	/* Excel's own limit; rows without a number count, too */ \
	X(max_xml_depth, 1, 64, 8, 10000, \
	  "Deepest nesting of elements in a part.") \
	X(max_xml_attributes, 1, 256, 16, 100000, \
	  "Most attributes of one element.")

#define XLSX_LIMIT_ID(name, unit, standard, least, most, description) XLSX_LIMIT_##name,
typedef enum XlsxLimitId
{
	XLSX_LIMITS(XLSX_LIMIT_ID)
	XLSX_LIMIT_COUNT
} XlsxLimitId;

/* One entry of the table. */
typedef struct XlsxLimit
{
	const char *name;
	const char *description;
	uint32_t	unit;
	int32_t		standard;		/* in units, as least and most */
	int32_t		least;
	int32_t		most;
} XlsxLimit;

extern const XlsxLimit xlsx_limits[XLSX_LIMIT_COUNT];

/* The limits of one book in bytes or counts, by name and by number. 0 is a limit as any other number. */
#define XLSX_LIMIT_FIELD(name, unit, standard, least, most, description) uint64_t name;
typedef union XlsxLimits
{
	struct
	{
		XLSX_LIMITS(XLSX_LIMIT_FIELD)
	};
	uint64_t	value[XLSX_LIMIT_COUNT];
} XlsxLimits;

/* All defaults of the table. */
extern const XlsxLimits xlsx_default_limits;

#endif							/* XLSX_LIMITS_H */
