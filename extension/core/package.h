/*
 * package.h
 *	  The structure of the package: its workbook part and the parts that belong
 *	  to it.
 *
 * _rels/.rels names the workbook part, the workbook part lists the sheets, and the
 * workbook part's relationships name the parts of the sheets, of the shared
 * strings and of the styles. The type of a relationship decides, never the name of
 * a part. Nothing outside the zip is ever read.
 */
#ifndef XLSX_PACKAGE_H
#define XLSX_PACKAGE_H

#include "book.h"
#include "memory.h"
#include "zip.h"

#define XLSX_NO_PART	SIZE_MAX	/* no such entry in the zip */

typedef enum XlsxPackageKind
{
	XLSX_PACKAGE_UNKNOWN,		/* no relationship has that id: it counts as a worksheet that cannot be opened */
	XLSX_PACKAGE_WORKSHEET,
	XLSX_PACKAGE_OTHER			/* chart, dialogue or macro sheet */
} XlsxPackageKind;

typedef struct XlsxPackageSheet
{
	XlsxSheetInfo info;
	char	   *id;				/* of the relationship, "" when it has none */
	char	   *target;			/* name of its part, NULL when unknown */
	XlsxPackageKind kind;
	bool		external;		/* target lies outside the package */
	size_t		part;			/* entry in the zip or XLSX_NO_PART */
} XlsxPackageSheet;

typedef struct XlsxPackage
{
	XlsxPackageSheet *sheets;	/* worksheets only, once the package is open */
	size_t		count;
	size_t		capacity;
	bool		date1904;
	size_t		strings;		/* entries, or XLSX_NO_PART */
	size_t		styles;
} XlsxPackage;

/* Memory of the package belongs to memory; it is never freed one by one. */
extern XlsxStatus xlsx_package_open(XlsxZip *zip, const XlsxLimits *limits, XlsxMemory *memory,
									XlsxPackage *package, XlsxError *error);

#endif							/* XLSX_PACKAGE_H */
