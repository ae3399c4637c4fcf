/*
 * enum_labels.h
 *	  The labels of an enum.
 */
#ifndef PG_XLSX_ENUM_LABELS_H
#define PG_XLSX_ENUM_LABELS_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* In the order of the type, in the current memory context; none if the type is not an enum. */
extern TextList enum_labels(Oid type);

#endif							/* PG_XLSX_ENUM_LABELS_H */
