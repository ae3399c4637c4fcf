/*
 * option_checks.h
 *	  The values that options may have. The table of options.c calls these functions.
 *
 * Each raises an error (22023, or that of a wrong expression) unless an option may have the value. Numbers are their
 * digits, JSON objects their text.
 */
#ifndef PG_XLSX_OPTION_CHECKS_H
#define PG_XLSX_OPTION_CHECKS_H

#include "pg/pg_xlsx.h"

extern void option_check_mode(const char *mode);
extern void option_check_header_row(const char *header_row);	/* first, auto, none, or the number of a row */
extern void option_check_header_check(const char *check);
extern void option_check_header_rows(const char *rows);
extern void option_check_range(const char *range);
extern void option_check_set(const char *set);
extern void option_check_mapping(const char *mapping);	/* header -> column name */
extern void option_check_max_errors(const char *max_errors);
extern void option_check_skip_end(const char *rows);
extern void option_check_stop_at(const char *stop_at);
extern void option_check_sheets(const char *sheets);
extern void option_check_index_after_load(const char *word);
extern void option_check_duplicate_keys(const char *word);	/* "" passes */
extern void option_check_target_by(const char *word);
extern void option_check_on_duplicate(const char *word);
extern void option_check_webhooks(const char *urls);	/* a JSON array of texts */
extern void option_check_no_value(const char *word);
extern void option_check_settings(const char *names);	/* a JSON list: each may be carried along (tables/carried.h) */
extern void option_check_idempotency_key(const char *key);

/* This and the following: "" passes. */
extern void option_check_blank_cells(const char *word);
extern void option_check_date_order(const char *date_order);
extern void option_check_decimal(const char *decimal);
extern void option_check_time_zone(const char *time_zone);	/* a name that the server knows */

extern void option_check_header(const char *header);
extern void option_check_label(const char *label);
extern void option_check_source(const char *source);
extern void option_check_pattern(const char *pattern);	/* a regular expression */
extern void option_check_transform(const char *expression);
extern void option_check_lookup(const char *query);
extern void option_check_messages(const char *messages);
extern void option_check_format(const char *format);
extern void option_check_rounding(const char *word);

/* Is this stop_at an SQL expression? NULL is none. */
extern bool option_is_stop_expression(const char *stop_at);

#endif							/* PG_XLSX_OPTION_CHECKS_H */
