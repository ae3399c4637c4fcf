/*
 * status.h
 *	  Result codes of the reader library, and the record of an error and its
 *	  place.
 *
 * Every function that can fail returns XlsxStatus and fills the XlsxError of
 * its caller, so that one record leads from the wrong byte up to the message
 * for the user.  The texts follow PostgreSQL's message style: the message is
 * short and has no full stop, detail and hint are sentences.
 */
#ifndef XLSX_STATUS_H
#define XLSX_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

typedef enum XlsxStatus
{
	XLSX_OK = 0,
	XLSX_DONE,					/* no more rows, cells or bytes: not an error */
	XLSX_IO,					/* the byte source failed */
	XLSX_NO_MEMORY,				/* the allocator said no */
	XLSX_LIMIT,					/* a budget of XlsxLimits is used up; see XlsxError.setting */
	XLSX_NOT_A_WORKBOOK,		/* another kind of file, or a zip without a workbook */
	XLSX_ENCRYPTED,				/* password protected */
	XLSX_DAMAGED,				/* a workbook whose bytes contradict the format */
	XLSX_NO_SUCH_SHEET			/* the sheet asked for is not there */
} XlsxStatus;

typedef struct XlsxError
{
	XlsxStatus	status;
	const char *setting;		/* XLSX_LIMIT: name of the limit (limits.h), else NULL; static text */
	char		part[256];		/* part of the package, "" if the error concerns the whole file */
	uint32_t	row;			/* 1-based sheet row, 0 when unknown */
	uint32_t	column;			/* 1-based sheet column, 0 when unknown */
	char		message[256];	/* UTF-8, cut at a character */
	char		detail[512];	/* may be "" */
	char		hint[256];		/* may be "" */
} XlsxError;

/*
 * Fills *error and returns status, so that a caller can write
 * "return xlsx_fail(error, XLSX_DAMAGED, ...)".  Place, detail and hint are
 * emptied; set them afterwards.
 */
extern XlsxStatus xlsx_fail(XlsxError *error, XlsxStatus status, const char *message,...)
			__attribute__((format(printf, 3, 4)));
extern XlsxStatus xlsx_fail_detail(XlsxError *error, const char *detail,...)
			__attribute__((format(printf, 2, 3)));	/* returns error->status */
extern XlsxStatus xlsx_fail_hint(XlsxError *error, const char *hint);	/* returns error->status */
extern XlsxStatus xlsx_fail_at(XlsxError *error, const char *part, uint32_t row, uint32_t column);

/* The two failures that occur everywhere. limits are those in force. */
extern XlsxStatus xlsx_fail_memory(XlsxError *error);
extern XlsxStatus xlsx_fail_limit(XlsxError *error, const XlsxLimits *limits, XlsxLimitId id, const char *message);

#endif							/* XLSX_STATUS_H */
