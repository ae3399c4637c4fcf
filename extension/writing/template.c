/*
 * template.c
 *	  A workbook to fill in for a profile.
 *
 * It is small, so libxlsxwriter builds it in memory; it knows drop-downs and
 * notes, which our own writer does not.
 */
#include "pg/pg_xlsx.h"

#include <xlsxwriter.h>

#include "catalog/pg_type.h"
#include "core/writer.h"
#include "files/range.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pg/numeric_form.h"
#include "pg/text_encoding.h"
#include "profile/header_row.h"
#include "profile/message.h"
#include "profile/profile.h"
#include "storage/fd.h"
#include "tables/role_sql.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"
#include "writing/template_choices.h"
#include "writing/written_cell.h"

PG_FUNCTION_INFO_V1(pg_xlsx_template);

#define REQUIRED_COLOR 0x1F3864
#define OPTIONAL_COLOR 0x4472C4
#define NOTE_WIDTH 260
#define NOTE_LINE_HEIGHT 20
#define LISTS_SHEET "_lists"

typedef struct Template
{
	const Profile *profile;
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_worksheet *lists;		/* hidden sheet with the choices; NULL when there are none so far */
	int			list_count;
	lxw_row_t	header_row;		/* counted from 0, like the other numbers of rows and columns here */
	lxw_col_t	first_column;
} Template;

static void
check_write(lxw_error error)
{
	if (error != LXW_NO_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_IO_ERROR),
				 errmsg("could not write the template"),
				 errdetail("%s.", lxw_strerror(error))));
}

/* Digits after the point that the column can hold; -1: any number. */
static int
decimals_of(const ProfileColumn *column)
{
	NumericForm form = numeric_form(column->typmod);

	return form.given ? Max(form.scale, 0) : -1;
}

/*
 * Notes
 */

static void
add_line(StringInfo note, const char *format,...) __attribute__((format(printf, 2, 3)));

static void
add_line(StringInfo note, const char *format,...)
{
	va_list		arguments;
	int			needed;

	if (note->len > 0)
		appendStringInfoChar(note, '\n');
	for (;;)
	{
		va_start(arguments, format);
		needed = appendStringInfoVA(note, format, arguments);
		va_end(arguments);
		if (needed == 0)
			break;
		enlargeStringInfo(note, needed);
	}
}

static void
add_type(StringInfo note, const ProfileColumn *column)
{
	int			decimals = decimals_of(column);

	switch (column->class)
	{
		case COLUMN_TEXT:
			if (column->max_characters >= 0)
				add_line(note, "Text of at most %d characters", column->max_characters);
			else
				add_line(note, "Text");
			break;
		case COLUMN_INTEGER:
			add_line(note, "Whole number");
			break;
		case COLUMN_FLOAT:
			add_line(note, "Number");
			break;
		case COLUMN_NUMERIC:
			if (decimals > 0)
				add_line(note, "Number with at most %d decimals", decimals);
			else
				add_line(note, decimals < 0 ? "Number" : "Whole number");
			break;
		case COLUMN_BOOLEAN:
			add_line(note, "TRUE or FALSE");
			break;
		case COLUMN_DATE:
			add_line(note, "Date");
			break;
		case COLUMN_TIMESTAMP:
			add_line(note, "Date and time");
			break;
		case COLUMN_OTHER:
			add_line(note, type_is_enum(getBaseType(column->type)) ? "One of the list" : "As %s",
					 format_type_be(column->type));
	}
}

static void
add_rule(StringInfo note, const ProfileRule *rule, const ProfileColumn *column, const char *locale)
{
	const char *template = message_template(message_object(rule->messages), NULL, locale);
	const char *argument = rule->argument.count > 0 ? rule->argument.items[0] : "";

	if (template != NULL)
	{
		Message		own = message_make(template, &(MessagePlaces) {.label = column->label});

		add_line(note, "%s", message_say(&own, NULL, NULL));
		return;
	}
	switch (rule->kind)
	{
		case RULE_MIN:
			add_line(note, "At least %s", argument);
			break;
		case RULE_MAX:
			add_line(note, "At most %s", argument);
			break;
		case RULE_MIN_LENGTH:
			add_line(note, "At least %s characters", argument);
			break;
		case RULE_MAX_LENGTH:
			add_line(note, "At most %s characters", argument);
			break;
		case RULE_PATTERN:
			add_line(note, "Must match %s", argument);
			break;
		case RULE_UNIQUE:
			add_line(note, "No value twice");
			break;
		case RULE_ONE_OF:
		case RULE_REQUIRED:
		case RULE_EXPRESSION:
			break;				/* they are shown in another way, or are for programmers only */
	}
}

static bool
is_required(const Profile *profile, int at)
{
	bool		required = profile->columns[at].required && profile->columns[at].default_value == NULL;

	for (int i = 0; i < profile->rule_count; i++)
		required = required || (profile->rules[i].column == at && profile->rules[i].kind == RULE_REQUIRED);
	return required;
}

static char *
note_of(const Profile *profile, int at, const TextList *choices)
{
	const ProfileColumn *column = &profile->columns[at];
	StringInfoData note;

	initStringInfo(&note);
	if (strcmp(column->label, column->header) != 0)
		add_line(&note, "%s", column->label);
	add_line(&note, is_required(profile, at) ? "Required" : "Optional");
	if (choices->count > 0)
		add_line(&note, "One of the list");
	else if (column->transform == NULL)
		add_type(&note, column);
	for (int i = 0; i < profile->rule_count; i++)
		if (profile->rules[i].column == at)
			add_rule(&note, &profile->rules[i], column, profile->locale);
	if (column->default_value != NULL)
		add_line(&note, "When blank: %s", column->default_value);
	return note.data;
}

/*
 * Columns
 */

static const char *
number_format(const ProfileColumn *column)
{
	int			decimals = decimals_of(column);

	if (column->lookup != NULL || column->transform != NULL)
		return "@";
	switch (column->class)
	{
		case COLUMN_INTEGER:
			return "0";
		case COLUMN_NUMERIC:
			return decimals < 0 ? "General" : decimals == 0 ? "0" : psprintf("0.%0*d", Min(decimals, 15), 0);
		case COLUMN_FLOAT:
		case COLUMN_BOOLEAN:
			return "General";
		case COLUMN_DATE:
			return CELL_DATE_FORMAT;
		case COLUMN_TIMESTAMP:
			return CELL_TIMESTAMP_FORMAT;
		case COLUMN_TEXT:
		case COLUMN_OTHER:
			break;
	}
	/* Text format keeps a text as it is typed: 00123 keeps its zeros. */
	return "@";
}

/*
 * The list goes to a sheet of its own, which takes any text and any number of them. Returns a
 * formula for its place.
 */
static char *
write_list(Template *template, const ProfileColumn *column, const TextList *choices)
{
	char		letters[LXW_MAX_COL_NAME_LENGTH];
	bool		numbers = column->lookup == NULL &&
		(column->class == COLUMN_INTEGER || column->class == COLUMN_NUMERIC || column->class == COLUMN_FLOAT);
	lxw_col_t	at = (lxw_col_t) template->list_count++;

	if (template->lists == NULL)
	{
		template->lists = workbook_add_worksheet(template->book, LISTS_SHEET);
		worksheet_hide(template->lists);
	}
	for (int i = 0; i < choices->count; i++)
	{
		if (numbers)
			check_write(worksheet_write_number(template->lists, (lxw_row_t) i, at, strtod(choices->items[i], NULL), NULL));
		else if (column->class == COLUMN_BOOLEAN)
			check_write(worksheet_write_boolean(template->lists, (lxw_row_t) i, at, choices->items[i][0] == 'T', NULL));
		else
			check_write(worksheet_write_string(template->lists, (lxw_row_t) i, at, text_from_server(choices->items[i]), NULL));
	}
	lxw_col_to_name(letters, at, 1);
	return psprintf("=" LISTS_SHEET "!%s$1:%s$%d", letters, letters, choices->count);
}

/* What the spreadsheet program checks. It only warns, because an import accepts more than the program knows. */
static bool
validate_type(const ProfileColumn *column, lxw_data_validation *validation)
{
	validation->error_type = LXW_VALIDATION_ERROR_TYPE_WARNING;
	if (column->transform != NULL || column->lookup != NULL)
		return false;
	switch (column->class)
	{
		case COLUMN_INTEGER:
			validation->validate = LXW_VALIDATION_TYPE_INTEGER;
			validation->criteria = LXW_VALIDATION_CRITERIA_BETWEEN;
			validation->maximum_number = column->type == INT2OID ? PG_INT16_MAX :
				column->type == INT4OID ? PG_INT32_MAX : 9007199254740991.0;
			validation->minimum_number = -validation->maximum_number - (column->type == INT8OID ? 0 : 1);
			return true;
		case COLUMN_NUMERIC:
		case COLUMN_FLOAT:
			validation->validate = LXW_VALIDATION_TYPE_DECIMAL;
			validation->criteria = LXW_VALIDATION_CRITERIA_BETWEEN;
			validation->minimum_number = -1e300;
			validation->maximum_number = 1e300;
			return true;
		case COLUMN_DATE:
		case COLUMN_TIMESTAMP:
			validation->validate = LXW_VALIDATION_TYPE_DATE;
			validation->criteria = LXW_VALIDATION_CRITERIA_GREATER_THAN_OR_EQUAL_TO;
			validation->value_datetime = (lxw_datetime) {.year = 1900, .month = 1, .day = 1};
			return true;
		case COLUMN_TEXT:
			validation->validate = LXW_VALIDATION_TYPE_LENGTH;
			validation->criteria = LXW_VALIDATION_CRITERIA_LESS_THAN_OR_EQUAL_TO;
			validation->value_number = column->max_characters;
			return column->max_characters >= 0;
		case COLUMN_BOOLEAN:
		case COLUMN_OTHER:
			break;
	}
	return false;
}

static void
write_validation(Template *template, const ProfileColumn *column, const TextList *choices, lxw_col_t at)
{
	lxw_data_validation validation = {0};

	if (choices->count > 0)
	{
		validation.validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
		validation.value_formula = write_list(template, column, choices);
		validation.error_message = "Choose a value of the list.";
	}
	else if (!validate_type(column, &validation))
		return;
	check_write(worksheet_data_validation_range(template->sheet, template->header_row + 1, at, LXW_ROW_MAX - 1, at,
												&validation));
}

static lxw_format *
header_format(lxw_workbook *book, bool required)
{
	lxw_format *format = workbook_add_format(book);

	format_set_bold(format);
	format_set_font_color(format, LXW_COLOR_WHITE);
	format_set_bg_color(format, required ? REQUIRED_COLOR : OPTIONAL_COLOR);
	format_set_num_format(format, "@");
	return format;
}

static int
count_lines(const char *text)
{
	int			lines = 1;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static void
write_column(Template *template, int index, lxw_col_t at)
{
	const ProfileColumn *column = &template->profile->columns[index];
	TextList	choices = template_choices(template->profile, index);
	char	   *note = note_of(template->profile, index, &choices);
	lxw_comment_options options = {.width = NOTE_WIDTH, .height = (uint16_t) (NOTE_LINE_HEIGHT * (count_lines(note) + 1))};
	lxw_format *format = workbook_add_format(template->book);
	double		width = cell_column_width(CELL_WIDTH, column->header);

	format_set_num_format(format, number_format(column));
	check_write(worksheet_set_column(template->sheet, at, at, width, format));
	check_write(worksheet_write_string(template->sheet, template->header_row, at, text_from_server(column->header),
									   header_format(template->book, is_required(template->profile, index))));
	check_write(worksheet_write_comment_opt(template->sheet, template->header_row, at, text_from_server(note), &options));
	write_validation(template, column, &choices, at);
}

/*
 * The workbook
 */

/* Uses the profile's sheet when it is a plain name, so that an import finds it. */
static char *
sheet_name(const Profile *profile)
{
	const char *name = profile->sheet;

	if (name == NULL || name[0] == '#' || name[0] == '~' || !xlsx_writer_name_is_good(text_from_server(name)))
		return "Data";
	return text_from_server(name);
}

static void
fill_book(Template *template)
{
	const Profile *profile = template->profile;
	XlsxRange	range = range_parse(profile->range);
	lxw_col_t	at;

	template->sheet = workbook_add_worksheet(template->book, sheet_name(profile));
	template->header_row = (lxw_row_t) Max(range.first_row, Max(header_row_said(profile->header_row).number, 1)) - 1;
	template->first_column = at = (lxw_col_t) (range.first_column - 1);
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].source == SOURCE_CELL)
			write_column(template, i, at++);
	worksheet_freeze_panes(template->sheet, template->header_row + 1, 0);
}

/* libxlsxwriter opens the file by its name, relative to the data directory. */
static void
build_book(const Profile *profile, File file)
{
	Template	template = {.profile = profile, .book = workbook_new(FilePathName(file))};
	lxw_error	result;

	if (template.book == NULL)
		check_write(LXW_ERROR_MEMORY_MALLOC_FAILED);
	PG_TRY();
	{
		fill_book(&template);
	}
	PG_CATCH();
	{
		lxw_workbook_free(template.book);
		PG_RE_THROW();
	}
	PG_END_TRY();
	result = workbook_close(template.book);
	check_write(result);
}

Datum
pg_xlsx_template(PG_FUNCTION_ARGS)
{
	const char *name = PG_XLSX_GETARG_STRING(0, NULL);
	Profile    *profile = profile_load(profile_find(&name));
	File		file;
	off_t		size;
	bytea	   *bytes;

	profile->confined = profile->owner != GetUserId() || role_sql_must_confine(GetUserId());
	file = OpenTemporaryFile(false);
	build_book(profile, file);
	size = FileSize(file);
	bytes = palloc((size_t) size + VARHDRSZ);
	if (FileRead(file, VARDATA(bytes), (size_t) size, 0, WAIT_EVENT_BUFFILE_READ) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read the template: %m")));
	SET_VARSIZE(bytes, (size_t) size + VARHDRSZ);
	FileClose(file);
	PG_RETURN_BYTEA_P(bytes);
}
