/*
 * template_choices.h
 *	  What a person can choose from in a column of a template.
 */
#ifndef PG_XLSX_TEMPLATE_CHOICES_H
#define PG_XLSX_TEMPLATE_CHOICES_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * The values that a column takes, where they are a short list: those of a rule
 * "one of", names of its lookup, labels of its enum, keys that it references,
 * TRUE and FALSE.  Empty when it takes anything, when there are too many, or when the
 * current role may not read them.  Lives in the current memory context.
 */
extern TextList template_choices(const Profile *profile, int column);

#endif							/* PG_XLSX_TEMPLATE_CHOICES_H */
