/*
 * relations.h
 *	  Relationships between the parts of a package (ECMA-376 Part 2, 9.3).
 */
#ifndef XLSX_RELATIONS_H
#define XLSX_RELATIONS_H

#include "xml.h"
#include "zip.h"

#define XLSX_TARGET_BYTES	1024	/* longest name of a part, much above what the zip may hold */

/* One <Relationship>. */
typedef struct XlsxRelation
{
	const char *id;
	const char *type;			/* what follows the namespace; "" for types of others */
	const char *target;
	bool		external;
} XlsxRelation;

/* Reads the element; false if it is none. The texts live as long as the attributes. */
extern bool xlsx_relation_read(XlsxXmlSpace space, const char *name, const char **attributes, XlsxRelation *relation);

/*
 * The part that target means in the relationships of source (Part 2, 6.4.3): from the root, or
 * from the folder of source. Steps above the root stay at the root. Returns false when the name
 * is too long.
 */
extern bool xlsx_relation_resolve(const char *source, const char *target, char name[XLSX_TARGET_BYTES]);

/* The entry that a resolved name means; SIZE_MAX: none. May change name. */
extern size_t xlsx_relation_part(XlsxZip *zip, char *name);

/* The entry with the relationships of a part, "xl/_rels/workbook.xml.rels" of "xl/workbook.xml"; SIZE_MAX: none. */
extern size_t xlsx_relations_of(XlsxZip *zip, const char *part);

#endif							/* XLSX_RELATIONS_H */
