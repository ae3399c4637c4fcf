/*
 * template_choices.h
 *	  The values that a user can choose from in a column of a template.
 */
#ifndef PG_XLSX_TEMPLATE_CHOICES_H
#define PG_XLSX_TEMPLATE_CHOICES_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * The values that a column accepts, when they are a short list: those of a rule "one of", names
 * of its lookup, labels of its enum, keys that it references, or TRUE and FALSE. Empty when the
 * column accepts any value, when there are too many, or when the current role may not read them.
 * Lives in the current memory context.
 */
extern TextList template_choices(const Profile *profile, int column);

#endif							/* PG_XLSX_TEMPLATE_CHOICES_H */
