/*
 * facts.c
 *	  Lists and numbers of the C code, for the install script: CHECKs, functions
 *	  and messages read them here and have none of their own.
 */
#include "pg/names.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "pg/numeric_form.h"
#include "pg/text_encoding.h"
#include "profile/fault.h"
#include "profile/profile.h"
#include "tasks/audit.h"
#include "tasks/passing.h"
#include "tasks/task_file.h"
#include "tasks/task_status.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(pg_xlsx_names_of);
PG_FUNCTION_INFO_V1(pg_xlsx_number_of);
PG_FUNCTION_INFO_V1(pg_xlsx_rule_takes);
PG_FUNCTION_INFO_V1(pg_xlsx_integer_digits);
PG_FUNCTION_INFO_V1(pg_xlsx_may_pass);
PG_FUNCTION_INFO_V1(pg_xlsx_built_in_messages);
PG_FUNCTION_INFO_V1(pg_xlsx_class_of);

typedef struct Fact
{
	const char *kind;
	const Names *names;
	int			meaning;		/* of task_status_names: only those that mean so; 0: all */
} Fact;

static const Fact facts[] = {
	{"mode", &save_mode_names},
	{"index_after_load", &late_index_names},
	{"duplicate_keys", &duplicate_keys_names},
	{"target_by", &target_by_names},
	{"header_check", &header_check_names},
	{"source", &column_source_names},
	{"rule", &rule_kind_names},
	{"severity", &severity_names},
	{"date_order", &date_order_names},
	{"decimal", &decimal_sign_names},
	{"rounding", &rounding_names},
	{"no_value", &no_value_names},
	{"blank_cells", &blank_cells_names},
	{"phase", &phase_names},
	{"audit_action", &audit_action_names},
	{"file_gone", &file_gone_names},
	{"on_duplicate", &on_duplicate_names},
	{"status", &task_status_names},
	{"active_status", &task_status_names, TASK_ACTIVE},
	{"success_status", &task_status_names, TASK_SUCCESS},
};

typedef struct Number
{
	const char *kind;
	int32		number;
} Number;

static const Number numbers[] = {
	{"chunk_bytes", PG_XLSX_CHUNK_BYTES},
	{"skip_end", MOST_SKIP_END},
	{"length_digits", MOST_LENGTH_DIGITS},
	{"header_rows", MOST_HEADER_ROWS},
};

static const Fact *
fact_called(const char *kind)
{
	for (size_t i = 0; i < lengthof(facts); i++)
		if (strcmp(facts[i].kind, kind) == 0)
			return &facts[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no list of names called \"%s\"", kind)));
}

Datum
pg_xlsx_names_of(PG_FUNCTION_ARGS)
{
	const Fact *fact = fact_called(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Datum	   *names = palloc(sizeof(Datum) * (size_t) fact->names->count);
	int			count = 0;

	for (int i = 0; i < fact->names->count; i++)
		if (fact->meaning == 0 || (task_status_meaning((TaskStatus) i) & fact->meaning) != 0)
			names[count++] = CStringGetTextDatum(fact->names->texts[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
pg_xlsx_rule_takes(PG_FUNCTION_ARGS)
{
	int			kind = names_find(&rule_kind_names, text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (kind < 0)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(rule_takes((RuleKind) kind, PG_GETARG_INT32(1)));
}

Datum
pg_xlsx_number_of(PG_FUNCTION_ARGS)
{
	const char *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (size_t i = 0; i < lengthof(numbers); i++)
		if (strcmp(numbers[i].kind, kind) == 0)
			PG_RETURN_INT32(numbers[i].number);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no number called \"%s\"", kind)));
}

Datum
pg_xlsx_integer_digits(PG_FUNCTION_ARGS)
{
	NumericForm form = numeric_form(PG_GETARG_INT32(0));

	if (!form.given)
		PG_RETURN_NULL();
	PG_RETURN_INT32(form.digits - form.scale);
}

Datum
pg_xlsx_may_pass(PG_FUNCTION_ARGS)
{
	char	   *code = text_to_cstring(PG_GETARG_TEXT_PP(0));

	int			sqlstate;

	if (strlen(code) != 5)
		PG_RETURN_BOOL(false);
	sqlstate = MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
	PG_RETURN_BOOL(passing_trouble(sqlstate) || passing_error(sqlstate));
}

static void
put_message(ReturnSetInfo *result, int no, const char *language, const char *text)
{
	Datum		values[] = {
		Int32GetDatum(no), CStringGetTextDatum(language), text != NULL ? CStringGetTextDatum(text_for_people(text, strlen(text))) : (Datum) 0
	};
	bool		nulls[] = {false, false, text == NULL};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
pg_xlsx_built_in_messages(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *language;

	InitMaterializedSRF(fcinfo, 0);
	for (int l = 0; (void) fault_text_at(l, 0, &language), language != NULL; l++)
		for (int i = 0; i < FAULT_TEXTS; i++)
			put_message(result, i + 1, language, fault_text_at(l, i, &language));
	return (Datum) 0;
}

/* relation, column */
Datum
pg_xlsx_class_of(PG_FUNCTION_ARGS)
{
	static const char *const classes[] = {
		[COLUMN_TEXT] = "text", [COLUMN_INTEGER] = "integer", [COLUMN_FLOAT] = "float", [COLUMN_BOOLEAN] = "boolean", [COLUMN_DATE] = "date",
		[COLUMN_TIMESTAMP] = "timestamp", [COLUMN_NUMERIC] = "numeric", [COLUMN_OTHER] = "other"
	};
	Oid			relation = PG_GETARG_OID(0);
	AttrNumber	attnum = get_attnum(relation, NameStr(*PG_GETARG_NAME(1)));
	Oid			type = attnum != InvalidAttrNumber ? get_atttype(relation, attnum) : InvalidOid;

	if (PG_GETARG_BOOL(2))
		type = get_base_element_type(type);
	if (!OidIsValid(type))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(classes[profile_class_of(getBaseType(type))]));
}
