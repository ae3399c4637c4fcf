/*
 * fault_texts.h
 *	  The built-in messages of one language; each has a file of its own, fault_LANGUAGE.c.
 *
 * The texts are in UTF-8; fault.c converts them to the encoding of the database.
 */
#ifndef PG_XLSX_FAULT_TEXTS_H
#define PG_XLSX_FAULT_TEXTS_H

#include "profile/fault.h"

typedef struct FaultTexts
{
	const char *language;		/* as in a locale: "de" */
	const char *of_cells[CELL_FAULTS];
	const char *of_rules[RULE_EXPRESSION + 1];
	const char *of_rows[ROW_FAULTS];
} FaultTexts;

extern const FaultTexts fault_texts_en;
extern const FaultTexts fault_texts_de;
extern const FaultTexts fault_texts_fr;
extern const FaultTexts fault_texts_es;
extern const FaultTexts fault_texts_pt;

#endif							/* PG_XLSX_FAULT_TEXTS_H */
