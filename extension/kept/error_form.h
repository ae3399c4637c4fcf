/*
 * error_form.h
 *	  Writes one row that is not saved, in the bytes that xlsx_private.error_page stores.
 *
 * Does not read the catalog. Order of calls: begin, then values and violations in any order, then
 * the end of both.
 */
#ifndef PG_XLSX_ERROR_FORM_H
#define PG_XLSX_ERROR_FORM_H

#include "pg/pg_xlsx.h"

#include "check/judge.h"
#include "kept/text_array.h"
#include "kept/violation_json.h"

typedef struct ErrorForm
{
	TextArray	values;			/* text_array_end makes the column "cells" */
	StringInfoData kinds;		/* a letter of cell_text.h for each of them: the column "kinds" */
	ViolationJson violations;	/* violation_json_end makes the column of that name */
} ErrorForm;

/* The buffers live in the current memory context, and are used again for each row. */
extern void error_form_init(ErrorForm *form);
extern void error_form_begin(ErrorForm *form);

/* Values come in the order of the profile. Server encoding, not terminated; NULL: blank. number: it is a number in the sheet. */
extern void error_form_value(ErrorForm *form, const char *value, size_t length, bool number);

/* The column "kinds", in the current memory context. */
extern text *error_form_kinds(const ErrorForm *form);

/*
 * source: 1-based sheet column; 0 when the violation belongs to no single cell, and then header
 * may be NULL. value may be NULL.
 */
extern void error_form_violation(ErrorForm *form, const char *header, uint32 sheet_row, uint32 source,
								 const char *value, const Violation *violation);

/* Adds a judged row as a whole to a form that has just begun: its cells, and its errors or its warnings. */
extern void error_form_row(ErrorForm *form, const Judge *judge, const JudgedRow *row, bool warnings);

#endif							/* PG_XLSX_ERROR_FORM_H */
