/*
 * profile.c
 *	  Stored profiles -> compiled columns and rules.
 */
#include "profile/profile.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "profile/enum_labels.h"
#include "profile/absent_options.h"
#include "profile/option_checks.h"
#include "profile/options.h"
#include "profile/profile_check.h"
#include "profile/profile_trust.h"
#include "profile/sql.h"
#include "tables/catalog_ref.h"
#include "tables/private_sql.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

int
profile_column_index(const Profile *profile, const char *name)
{
	for (int i = 0; i < profile->count; i++)
		if (strcmp(profile->columns[i].name, name) == 0)
			return i;
	return -1;
}

bool
profile_computes(const ProfileColumn *column)
{
	return column->transform != NULL || column->lookup != NULL;
}

const char *const profile_cell_facts[CELL_FACTS] = {"kind", "number_format", "raw"};

static void
note_cell_facts(Profile *profile)
{
	for (int i = 0; i < profile->count; i++)
	{
		ProfileColumn *column = &profile->columns[i];

		if (column->transform == NULL || column->source != SOURCE_CELL)
			continue;
		for (int fact = 0; fact < CELL_FACTS; fact++)
			if (profile_column_index(profile, profile_cell_facts[fact]) < 0 &&
				profile_sql_names(column->transform, profile_cell_facts[fact]))
				column->sees |= 1 << fact;
	}
}

bool
profile_sees_extra(const Profile *profile)
{
	return profile_column_index(profile, "extra") < 0;
}

bool
rule_is_on_cell(RuleKind kind)
{
	return kind != RULE_UNIQUE && kind != RULE_EXPRESSION;
}

ColumnClass
profile_class_of(Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			return COLUMN_TEXT;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return COLUMN_INTEGER;
		case FLOAT4OID:
		case FLOAT8OID:
			return COLUMN_FLOAT;
		case BOOLOID:
			return COLUMN_BOOLEAN;
		case DATEOID:
			return COLUMN_DATE;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return COLUMN_TIMESTAMP;
		case NUMERICOID:
			return COLUMN_NUMERIC;
		default:
			return COLUMN_OTHER;
	}
}

/* Is it a type of texts? Domains and enums are of the category of their texts. */
static bool
is_text_type(Oid type)
{
	char		category;
	bool		preferred;

	get_type_category_preferred(getBaseType(type), &category, &preferred);
	return category == TYPCATEGORY_STRING || category == TYPCATEGORY_ENUM;
}

void
profile_compile_type(ProfileColumn *column, Oid type, int32 typmod)
{
	Oid			element = get_base_element_type(type);
	Oid			input;

	column->type = type;
	column->typmod = typmod;
	column->class = profile_class_of(type);
	column->base = profile_class_of(getBaseType(type));
	column->shows = is_text_type(type);
	column->labels = enum_labels(type);
	column->element_type = OidIsValid(element) ? getBaseType(element) : InvalidOid;
	column->element = profile_class_of(column->element_type);
	column->max_characters = column->class == COLUMN_TEXT && typmod >= (int32) VARHDRSZ ? typmod - (int32) VARHDRSZ : -1;
	getTypeInputInfo(type, &input, &column->input_param);
	fmgr_info(input, &column->input);
}

/* Takes from the catalog what the profile does not store. */
static void
compile_column(ProfileColumn *column, Relation target)
{
	AttrNumber	attnum = get_attnum(RelationGetRelid(target), column->name);
	Form_pg_attribute attribute;

	if (attnum <= InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", column->name,
						RelationGetRelationName(target)),
				 errdetail("The profile expects it for the header \"%s\".", column->header),
				 errhint("Take it out with xlsx.set_column(…, source => 'none').")));
	attribute = TupleDescAttr(RelationGetDescr(target), attnum - 1);
	column->attnum = attnum;
	if ((column->split != NULL || column->multiple != NULL) && !OidIsValid(get_base_element_type(attribute->atttypid)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of relation \"%s\" takes no list", column->name, RelationGetRelationName(target)),
				 errdetail("The options split and multiple make a list of a cell."),
				 errhint("Make the column an array, or reset the options with xlsx.set_column.")));
	column->not_null = attribute->attnotnull;
	column->has_default = attribute->atthasdef || attribute->attidentity != '\0';
	column->required = column->demanded || (column->not_null && !column->has_default);
	column->needs_header = column->source == SOURCE_CELL && column->required && column->default_value == NULL;
	profile_compile_type(column, attribute->atttypid, attribute->atttypmod);
}

static void
compile_target(Profile *profile, const char *task_column)
{
	Relation	target = try_relation_open(profile->target, AccessShareLock);

	if (target == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("target table of profile \"%s\" does not exist any more", profile->name),
				 profile->by_name ? errdetail("No table is called %s.", profile->target_name) :
				 errdetail("The profile means the table itself, not its name (target_by \"table\")."),
				 errhint("Use: SELECT xlsx.alter_profile(%s, target => '…'); then upload the file again.", quote_literal_cstr(profile->name))));
	for (int i = 0; i < profile->count; i++)
		compile_column(&profile->columns[i], target);
	if (task_column != NULL)
	{
		profile->task_attnum = get_attnum(profile->target, task_column);
		if (profile->task_attnum <= InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", task_column,
							RelationGetRelationName(target)),
					 errdetail("The profile writes the task's id to it.")));
		profile->task_type = TupleDescAttr(RelationGetDescr(target), profile->task_attnum - 1)->atttypid;
	}
	relation_close(target, NoLock);
}

static TextList
row_texts(const PrivateRow *row, int i)
{
	TextList	list = {0, NULL};
	Datum	   *elements;

	if (row->nulls[i])
		return list;
	deconstruct_array(DatumGetArrayTypeP(row->values[i]), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &list.count);
	list.items = palloc(sizeof(char *) * (size_t) Max(list.count, 1));
	for (int k = 0; k < list.count; k++)
		list.items[k] = TextDatumGetCString(elements[k]);
	return list;
}

/* Texts by which a column is found, the strongest first, in each form. */
static void
put_forms(ProfileColumn *column, const TextList *aliases)
{
	int			count = 0;
	char	  **texts = palloc(sizeof(char *) * (size_t) (aliases->count + 3));

	texts[count++] = column->header;
	for (int i = 0; i < aliases->count; i++)
		texts[count++] = aliases->items[i];
	texts[count++] = column->name;
	texts[count++] = column->label;
	for (HeaderForm form = 0; form < HEADER_FORMS; form++)
	{
		column->forms[form] = (TextList) {count, palloc(sizeof(char *) * (size_t) count)};
		for (int i = 0; i < count; i++)
			column->forms[form].items[i] = header_form(texts[i], strlen(texts[i]), form);
	}
}

/* A text that may not be missing. */
static char *
required_text(const Profile *profile, const PrivateRow *row, int i, const char *what)
{
	char	   *text = private_sql_text(row, i);

	if (text == NULL || text[0] == '\0')
		profile_refuse(profile->name, psprintf("A %s is missing.", what));
	return text;
}

/* Index of a word in a list; an error if it is not there. */
static int
word_of(const Profile *profile, const PrivateRow *row, int i, const Names *words, const char *what)
{
	char	   *word = required_text(profile, row, i, what);
	int			place = names_find(words, word);

	if (place < 0)
		profile_refuse(profile->name, psprintf("There is no %s \"%s\".", what, word));
	return place;
}

static void
add_column(void *argument, const PrivateRow *row)
{
	Profile    *profile = argument;
	ProfileColumn *column;
	TextList	aliases = row_texts(row, 3);

	profile->columns = profile->columns == NULL ? palloc(sizeof(ProfileColumn)) :
		repalloc_huge(profile->columns, sizeof(ProfileColumn) * (size_t) (profile->count + 1));
	column = &profile->columns[profile->count++];
	memset(column, 0, sizeof(*column));
	column->name = required_text(profile, row, 0, "name of a column");
	column->header = required_text(profile, row, 1, "header");
	column->label = required_text(profile, row, 2, "label");
	put_forms(column, &aliases);
	column->pattern = private_sql_text(row, 4);
	column->demanded = DatumGetBool(row->values[5]);
	column->source = (ColumnSource) word_of(profile, row, 6, &column_source_names, "source");
	column->default_value = private_sql_text(row, 7);
	column->transform = private_sql_text(row, 8);
	column->lookup = private_sql_text(row, 9);
	column->null_tokens = row_texts(row, 10);
	column->trim = DatumGetBool(row->values[11]);
	column->messages = required_text(profile, row, 12, "object of messages");
	column->multiple = private_sql_text(row, 13);
	column->ignore_case = DatumGetBool(row->values[14]);
	column->date_order = private_sql_text(row, 15);
	column->decimal = private_sql_text(row, 16);
	column->time_zone = private_sql_text(row, 17);
	column->format = private_sql_text(row, 18);
	column->rounding = (Rounding) word_of(profile, row, 19, &rounding_names, "rounding");
	column->split = private_sql_text(row, 20);
	column->param = private_sql_text(row, 21);
	if (column->param == NULL)
		column->param = column->name;
	column->blank_cells = (BlankCells) word_of(profile, row, 22, &blank_cells_names, "blank_cells");
	column->clear_token = private_sql_text(row, 23);
}

static void
load_columns(Profile *profile, Datum content)
{
	static PrivateStatement select = {
		"SELECT c.name, c.header, c.label, array_remove(c.aliases, NULL), c.pattern, coalesce(c.required, false), c.source, c.default_value,"
		" c.transform, c.lookup, array_remove(c.null_tokens, NULL), coalesce(c.trim_cells, true), c.messages::text,"
		" c.multiple, coalesce(c.ignore_case, false),"
		" c.date_order, c.decimal, c.time_zone, c.format, coalesce(c.rounding, 'error'), c.split, c.param, coalesce(c.blank_cells, $1 ->> 'blank_cells', 'keep'), nullif(coalesce(c.clear_token, $1 ->> 'clear_token'), '')"
		" FROM ROWS FROM (jsonb_to_recordset($1 -> 'columns') AS (name text, header text, label text, aliases text[], pattern text,"
		" required boolean, source text, default_value text, transform text, lookup text, null_tokens text[], trim_cells boolean, messages jsonb,"
		" multiple text, ignore_case boolean, date_order text, decimal text, time_zone text, format text, rounding text, split text, param text, blank_cells text, clear_token text))"
		" WITH ORDINALITY AS c (name, header, label, aliases, pattern, required, source, default_value, transform, lookup, null_tokens,"
		" trim_cells, messages, multiple, ignore_case, date_order, decimal, time_zone, format, rounding, split, param, blank_cells, clear_token, place) ORDER BY c.place",
		1, {JSONBOID}, NULL
	};

	private_sql_each(&select, &content, NULL, add_column, profile);
}

static void
add_rule(void *argument, const PrivateRow *row)
{
	Profile    *profile = argument;
	ProfileRule *rule;

	profile->rules = profile->rules == NULL ? palloc(sizeof(ProfileRule)) :
		repalloc(profile->rules, sizeof(ProfileRule) * (size_t) (profile->rule_count + 1));
	rule = &profile->rules[profile->rule_count];
	rule->name = required_text(profile, row, 0, "name of a rule");
	rule->column = row->nulls[1] ? -1 : profile_column_index(profile, private_sql_text(row, 1));
	if (!row->nulls[1] && rule->column < 0)
		return;					/* of a column that is not imported */
	rule->kind = (RuleKind) word_of(profile, row, 2, &rule_kind_names, "rule");
	rule->argument = row_texts(row, 3);
	rule->warning = DatumGetBool(row->values[4]);
	rule->messages = required_text(profile, row, 5, "object of messages");
	profile->rule_count++;
}

static void
load_rules(Profile *profile, Datum content)
{
	static PrivateStatement select = {
		"SELECT r.name, r.\"column\", r.kind, array_remove(r.argument, NULL), coalesce(r.severity = 'warning', false), r.messages::text"
		" FROM ROWS FROM (jsonb_to_recordset($1 -> 'rules') AS (name text, \"column\" text, kind text, argument text[], severity text, messages jsonb))"
		" WITH ORDINALITY AS r (name, \"column\", kind, argument, severity, messages, place) ORDER BY r.place",
		1, {JSONBOID}, NULL
	};

	private_sql_each(&select, &content, NULL, add_rule, profile);
}

/* Options; returns the name of the column for the task's id, or NULL. */
static char *
load_options(Profile *profile, Datum content)
{
	static PrivateStatement select = {
		"SELECT o.task_column, o.sheet, o.header_row, o.range, coalesce(o.skip_end, 0), o.locale, coalesce(o.max_errors, -1),"
		" coalesce(o.keep_old, false), array_remove(o.key_columns, NULL), array_remove(o.update_columns, NULL), o.index_after_load,"
		" coalesce(o.header_check, 'any'), coalesce(o.header_rows, 1), coalesce(o.fill_merged, false), coalesce(o.skip_hidden, false),"
		" o.stop_at, o.sheets, o.date_order, o.decimal, o.time_zone, coalesce(o.no_value, 'error'), o.key_index,"
		" coalesce(o.keep_rows, false), coalesce(o.keep_changes, false), array_remove(o.\"returning\", NULL),"
		" o.scope, o.absent, o.max_absent, coalesce(o.allow_empty, false), o.delete_when, o.duplicate_keys, o.on_end, coalesce(o.mode, 'insert'),"
		" coalesce(jsonb_typeof(o.webhooks) = 'array', false)"
		" FROM jsonb_to_record($1) AS o (task_column text, sheet text, header_row text, range text, skip_end int, locale text,"
		" max_errors bigint, keep_old boolean, key_columns text[], update_columns text[], index_after_load text,"
		" header_check text, header_rows int, fill_merged boolean, skip_hidden boolean, stop_at text, sheets text,"
		" date_order text, decimal text, time_zone text, no_value text, key_index text,"
		" keep_rows boolean, keep_changes boolean, \"returning\" text[],"
		" scope text, absent text, max_absent text, allow_empty boolean, delete_when text, duplicate_keys text, on_end text, mode text,"
		" webhooks jsonb)",
		1, {JSONBOID}, NULL
	};
	PrivateRow	row;

	private_sql_run(&select, &content, NULL, &row);
	profile->sheet = private_sql_text(&row, 1);
	profile->header_row = required_text(profile, &row, 2, "header row");
	profile->range = private_sql_text(&row, 3);
	profile->skip_end = DatumGetInt32(row.values[4]);
	profile->locale = private_sql_text(&row, 5);
	profile->max_errors = DatumGetInt64(row.values[6]);
	profile->keep_old = DatumGetBool(row.values[7]);
	profile->key = row_texts(&row, 8);
	profile->updates = row_texts(&row, 9);
	profile->late_index = (LateIndex) word_of(profile, &row, 10, &late_index_names, "index_after_load");
	profile->header_check = (HeaderCheck) word_of(profile, &row, 11, &header_check_names, "header_check");
	profile->header_rows = DatumGetInt32(row.values[12]);
	profile->fill_merged = DatumGetBool(row.values[13]);
	profile->skip_hidden = DatumGetBool(row.values[14]);
	profile->stop_at = private_sql_text(&row, 15);
	profile->sheets = private_sql_text(&row, 16);
	profile->date_order = private_sql_text(&row, 17);
	profile->decimal = private_sql_text(&row, 18);
	profile->time_zone = private_sql_text(&row, 19);
	profile->no_value = (NoValue) word_of(profile, &row, 20, &no_value_names, "no_value");
	profile->key_index = private_sql_text(&row, 21);
	profile->keep_rows = DatumGetBool(row.values[22]);
	profile->keep_changes = DatumGetBool(row.values[23]);
	profile->returning = row_texts(&row, 24);
	profile->scope = private_sql_text(&row, 25);
	profile->absent = private_sql_text(&row, 26);
	profile->max_absent = private_sql_text(&row, 27);
	profile->allow_empty = DatumGetBool(row.values[28]);
	profile->delete_when = private_sql_text(&row, 29);
	profile->duplicates = row.nulls[30] ? DUPLICATES_BY_MODE : (Duplicates) word_of(profile, &row, 30, &duplicate_keys_names, "duplicate_keys");
	profile->on_end = private_sql_text(&row, 31);
	profile->mode = (SaveMode) word_of(profile, &row, 32, &save_mode_names, "mode");
	profile->tells = DatumGetBool(row.values[33]);
	return private_sql_text(&row, 0);
}

/* What a task says of blank cells goes before what columns say. */
static void
take_blanks(Profile *profile, const char *options)
{
	char	   *blank_cells = options_text(options, "blank_cells");
	char	   *clear_token = options_text(options, "clear_token");

	for (int i = 0; i < profile->count; i++)
	{
		ProfileColumn *column = &profile->columns[i];

		if (blank_cells != NULL && blank_cells[0] != '\0')
			column->blank_cells = (BlankCells) names_find(&blank_cells_names, blank_cells);
		if (clear_token != NULL)
			column->clear_token = clear_token[0] != '\0' ? clear_token : NULL;
		for (int k = 0; k < column->null_tokens.count; k++)
			if (column->clear_token != NULL && strcmp(column->null_tokens.items[k], column->clear_token) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("clear_token \"%s\" is one of the null_tokens of column \"%s\"", column->clear_token, column->name),
						 errdetail("A null token means a blank cell, which need not clear."),
						 errhint("Take another text for one of the two.")));
	}
}

/* The result of a statement by id: name, target, owner, content; stored name of the target, target_by, word. */
static Profile *
load(PrivateStatement *select, int64 id, const char *options)
{
	Datum		values[2] = {Int64GetDatum(id)};
	char		nulls[2] = {' ', ' '};
	Profile    *profile = palloc0(sizeof(Profile));
	PrivateRow	row;
	char	   *task_column;

	private_sql_set_text(values, nulls, 1, options);
	if (private_sql_run(select, values, nulls, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the profile of this task does not exist any more")));
	profile->name = row.nulls[0] ? "" : private_sql_text(&row, 0);
	profile->target = DatumGetObjectId(row.values[1]);
	profile->owner = DatumGetObjectId(row.values[2]);
	profile->by_name = strcmp(private_sql_text(&row, 5), target_by_names.texts[TARGET_BY_TABLE]) != 0;
	profile->target_name = catalog_ref_name(profile->target);
	if (profile->target_name == NULL)
		profile->target_name = private_sql_text(&row, 4);
	profile->target_word = private_sql_text(&row, 6);
	task_column = load_options(profile, row.values[3]);
	load_columns(profile, row.values[3]);
	take_blanks(profile, options);
	load_rules(profile, row.values[3]);
	profile_check(profile);
	note_cell_facts(profile);
	compile_target(profile, task_column);
	return profile;
}

Profile *
profile_load(int64 id)
{
	static PrivateStatement select = {
		"SELECT name, target::oid, owner::oid, xlsx_private.profile_content(id) || coalesce($2::jsonb, '{}'),"
		" xlsx_private.name_of(target), target_by, xlsx_private.target_word(target, name) FROM xlsx_private.profile WHERE id = $1",
		2, {INT8OID, TEXTOID}, NULL
	};

	return load(&select, id, NULL);
}

Profile *
profile_load_frozen(int64 id, const char *options)
{
	static PrivateStatement select = {
		"SELECT content ->> 'name', target::oid, owner::oid, content || coalesce($2::jsonb, '{}'),"
		" xlsx_private.name_of(target), coalesce(content ->> 'target_by', 'name'), xlsx_private.target_word(target, content ->> 'name') FROM xlsx_private.frozen_profile WHERE id = $1",
		2, {INT8OID, TEXTOID}, NULL
	};
	Profile    *profile;

	profile = load(&select, id, options);
	/* The role that submitted has given the options of the task itself. */
	profile_require_trust(profile, options);
	return profile;
}

static int64
default_profile(const char **name)
{
	static PrivateStatement select = {
		"SELECT id, name, count(*) OVER () FROM xlsx_private.profile ORDER BY id LIMIT 1", 0, {0}, NULL
	};
	PrivateRow	row;

	if (private_sql_run(&select, NULL, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no profile yet"),
				 errhint("Make one with xlsx.create_profile(name, target).")));
	if (DatumGetInt64(row.values[2]) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a profile must be named, because there are several"),
				 errhint("Name one, or set pg_xlsx.default_profile.")));
	*name = TextDatumGetCString(row.values[1]);
	return DatumGetInt64(row.values[0]);
}

int64
profile_find(const char **name)
{
	static PrivateStatement select = {
		"SELECT id FROM xlsx_private.profile WHERE name = $1", 1, {TEXTOID}, NULL
	};
	Datum		values[1];
	PrivateRow	row;

	if (*name == NULL && pg_xlsx_default_profile[0] != '\0')
		*name = pg_xlsx_default_profile;
	if (*name == NULL)
		return default_profile(name);
	values[0] = CStringGetTextDatum(*name);
	if (private_sql_run(&select, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("profile \"%s\" does not exist", *name),
				 errhint("The view xlsx.profiles lists the profiles.")));
	return DatumGetInt64(row.values[0]);
}
