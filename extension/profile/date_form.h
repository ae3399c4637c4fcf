/*
 * date_form.h
 *	  The option "format" of a column: how dates are written in its texts.
 *
 * Parts, in capital or small letters: YYYY, YY; MM, M (number of the month), MON (its short or full name), MONTH; DD, D; HH24, HH12, HH;
 * MI, or MM behind a colon; SS; MS, US (digits of a fraction); AM, PM; TZ (zone or offset). All other characters stand
 * for themselves; letters must be in "double quotes".
 */
#ifndef PG_XLSX_DATE_FORM_H
#define PG_XLSX_DATE_FORM_H

#include "pg/pg_xlsx.h"

#include "profile/language.h"
#include "profile/moment.h"

/* Raises an error (22023) unless the text is a form of dates. */
extern void date_form_check(const char *form);

/* text: UTF-8. False: it does not have this form. Months in the language or in English. */
extern bool date_form_read(const char *form, const char *text, size_t length, const Language *language, TextMoment *moment);

#endif							/* PG_XLSX_DATE_FORM_H */
