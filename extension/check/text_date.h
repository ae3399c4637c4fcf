/*
 * text_date.h
 *	  Dates and times as people write them: 03.04.1990, 4/3/90 1:42 pm, 2024-06-06T15:42:37+02:00, 1. März 2024.
 *
 * ISO dates and dates that name their month have one reading. Three numbers may fit several orders of
 * day, month and year; a text whose readings differ is ambiguous.
 */
#ifndef PG_XLSX_TEXT_DATE_H
#define PG_XLSX_TEXT_DATE_H

#include "pg/pg_xlsx.h"

#include "profile/language.h"
#include "profile/moment.h"
#include "profile/words.h"

typedef struct TextDay
{
	int			year;
	int			month;
	int			day;
} TextDay;

typedef struct TextDate
{
	bool		certain;		/* one reading, days[0], whatever the order is */
	unsigned	fits;			/* otherwise: bits of the DayOrders that it fits */
	TextDay		days[COUNT_DATE_ORDERS];	/* by DayOrder */
	char		separator;		/* between the numbers, if it is not certain */
	bool		long_year;		/* of four digits */
	TextMoment	moment;			/* time and zone; the day is that of the order chosen */
} TextDate;

/* text: UTF-8, without white space at its ends. False: it is no date. Months in the language (NULL: in any). */
extern bool text_date_parse(const char *text, size_t length, const Language *language, TextDate *date);

/* Do the orders that it fits give different days? */
extern bool text_date_is_ambiguous(const TextDate *date);

/* The only order that it fits; -1: none, or several. */
extern int	text_date_only_order(const TextDate *date);

/* How it is written by an order: DD.MM.YYYY; in the current memory context. */
extern char *text_date_form(const TextDate *date, DayOrder order);

#endif							/* PG_XLSX_TEXT_DATE_H */
