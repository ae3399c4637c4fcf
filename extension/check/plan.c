/*
 * plan.c
 *	  The plan by which the rows of a sheet are judged.
 */
#include "check/plan.h"

#include "check/plan_words.h"
#include "pg/numeric_form.h"
#include "pg/row_number.h"
#include "pg/text_fold.h"
#include "profile/language.h"
#include "profile/params.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/*
 * The block
 */

/* Appends zeros up to a multiple of 8, where any type may begin, and then room for the given bytes; returns its offset. */
static uint32
put_room(StringInfo block, size_t bytes)
{
	size_t		padding = MAXALIGN(block->len) - (size_t) block->len;
	uint32		at;

	enlargeStringInfo(block, (int) (padding + bytes));
	memset(block->data + block->len, 0, padding + bytes);
	at = (uint32) block->len + (uint32) padding;
	block->len += (int) (padding + bytes);
	return at;
}

static uint32
put_bytes(StringInfo block, const void *data, size_t bytes)
{
	uint32		at = put_room(block, bytes);

	memcpy(block->data + at, data, bytes);
	return at;
}

static PlanText
put_text(StringInfo block, const char *text)
{
	PlanText	put = {0};

	if (text == NULL)
		return put;
	put = (PlanText) {(uint32) block->len, (uint32) strlen(text)};
	appendBinaryStringInfo(block, text, (int) put.length + 1);
	return put;
}

static PlanTexts
put_texts(StringInfo block, const TextList *texts)
{
	PlanTexts	put = {put_room(block, sizeof(PlanText) * (size_t) texts->count), (uint32) texts->count};

	for (int i = 0; i < texts->count; i++)
	{
		PlanText	text = put_text(block, texts->items[i]);

		((PlanText *) (block->data + put.at))[i] = text;
	}
	return put;
}

static PlanWords
put_words(StringInfo block, const TextList *words)
{
	TextList	folded = {words->count, palloc(sizeof(char *) * (size_t) Max(words->count, 1))};
	PlanWords	put = {.texts = put_texts(block, words)};

	for (int i = 0; i < words->count; i++)
		folded.items[i] = text_fold(words->items[i], strlen(words->items[i]));
	put.folded = put_texts(block, &folded);
	return put;
}

static PlanMessage
put_message(StringInfo block, const char *template, const MessagePlaces *places)
{
	uint32		at = (uint32) block->len;
	bool		has_places = message_compile(block, template, places);

	return (PlanMessage) {{at, (uint32) block->len - at - 1}, has_places};
}

/*
 * Columns
 */

static void
take_numeric(PlanColumn *plan, int32 typmod)
{
	NumericForm form = numeric_form(typmod);

	if (plan->class != COLUMN_NUMERIC || !form.given)
		return;
	plan->limited = true;
	plan->decimals = form.scale;
	plan->whole_digits = form.digits - form.scale;
}

/* The text that all rows have in the column; NULL if there is none. */
static const char *
fixed_text(const JudgeTask *task, const ProfileColumn *column)
{
	if (column->source == SOURCE_TASK_ID)
		return psprintf(INT64_FORMAT, task->id);
	if (column->source == SOURCE_PARAM)
		return params_text(task->profile, column->param);
	return column->source == SOURCE_FILE_NAME ? task->file_name : NULL;
}

/* An option of how texts are read: of the task, else of the column, else of the profile. "" is a task that declares none. */
static const char *
declared(const char *task, const char *column, const char *profile)
{
	return task != NULL ? task : column != NULL ? column : profile;
}

/* The same as the place in a list; -1: nobody declares it. */
static int8
declared_word(const char *word, const Names *names)
{
	return (int8) (word == NULL ? -1 : names_find(names, word));
}

/* What the locale says, unless the task says that nothing is declared. */
static int8
unless_taken_back(const char *task, int by_locale)
{
	return (int8) (task != NULL ? -1 : by_locale);
}

static void
take_reading(StringInfo block, PlanColumn *plan, const JudgeTask *task, const ProfileColumn *column)
{
	const Profile *profile = task->profile;
	const char *time_zone = declared(task->time_zone, column->time_zone, profile->time_zone);

	plan->base = column->base;
	plan->shows = column->shows;
	plan->exact = task->exact;
	plan->ignores_no_value = profile->no_value == NO_VALUE_NULL;
	plan->date_order = declared_word(declared(task->date_order, column->date_order, profile->date_order), &date_order_names);
	plan->decimal = declared_word(declared(task->decimal, column->decimal, profile->decimal), &decimal_sign_names);
	plan->locale_order = unless_taken_back(task->date_order, language_date_order(task->locale));
	plan->locale_decimal = unless_taken_back(task->decimal, language_decimal(task->locale));
	plan->found_order = plan->found_decimal = FOUND_NOT_ASKED;
	plan->language = (int8) language_number(language_of(task->locale));
	plan->rounding = column->rounding;
	plan->format = put_text(block, column->format);
	plan->time_zone = put_text(block, time_zone != NULL && time_zone[0] != '\0' ? time_zone : NULL);
}

static void
put_column(StringInfo block, uint32 at, const JudgeTask *task, int i)
{
	const ProfileColumn *column = &task->profile->columns[i];
	PlanColumn	plan = {
		.class = column->class,.type = column->type,.typmod = column->typmod,.input_param = column->input_param,
		.source = task->source[i],.takes = column->source,.computed = profile_computes(column),
		.not_null = column->not_null,.blank_cells = column->blank_cells,.absent = column->source == SOURCE_CELL && task->source[i] == 0,
		.is_key = task->key != NULL && task->key[i],.trim = column->trim,.max_characters = column->max_characters
	};

	plan.required = column->required && (!plan.absent || column->needs_header);
	plan.untouched = plan.absent && task->profile->only_updates;
	take_numeric(&plan, column->typmod);
	take_reading(block, &plan, task, column);
	plan.header = put_text(block, column->header);
	plan.label = put_text(block, column->label);
	plan.fixed = put_text(block, fixed_text(task, column));
	plan.default_value = put_text(block, column->default_value);
	plan.null_tokens = put_texts(block, &column->null_tokens);
	plan.clear_token = put_text(block, column->clear_token);
	plan.labels = put_words(block, &column->labels);
	plan.ignore_case = column->ignore_case;
	plan.split = put_text(block, column->split);
	plan.element = column->element;
	plan.element_type = column->element_type;
	((PlanColumn *) (block->data + at))[i] = plan;
}

static const char *
limit_of(const PlanColumn *column, const TextList *labels, CellFault fault)
{
	switch (fault)
	{
		case FAULT_NOT_WORD:
			return words_for_people(labels);
		case FAULT_LENGTH:
			return psprintf("%d", column->max_characters);
		case FAULT_WHOLE_DIGITS:
			return psprintf("%d", Max(column->whole_digits, 0));
		case FAULT_DECIMALS:
			return psprintf("%d", Max(column->decimals, 0));
		default:
			return "";
	}
}

/* The profile's own messages, or ours. */
static void
put_column_messages(StringInfo block, const JudgePlan *plan, const JudgeTask *task, int i)
{
	const ProfileColumn *column = &task->profile->columns[i];
	const Jsonb *messages = message_object(column->messages);
	MessagePlaces own = {.label = column->label};
	MessagePlaces ours = {.label = column->label,.type = format_type_be(column->type)};

	for (CellFault fault = 0; fault < CELL_FAULTS; fault++)
	{
		const char *template = message_template(messages, fault_code(fault), task->locale);
		PlanMessage	put;

		ours.limit = limit_of(&((PlanColumn *) (block->data + plan->columns_at))[i], &column->labels, fault);
		put = put_message(block, template != NULL ? template : fault_text(fault, task->locale), template != NULL ? &own : &ours);
		put.own = template != NULL;
		((PlanMessage *) (block->data + plan->messages_at))[i * CELL_FAULTS + (int) fault] = put;
	}
}

/*
 * Rules
 */

static void
put_bound(StringInfo block, PlanRule *plan, const ProfileRule *rule, const ProfileColumn *column)
{
	TypeCacheEntry *type = lookup_type_cache(column->type, TYPECACHE_CMP_PROC);
	Datum		bound;

	if (!OidIsValid(type->cmp_proc))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("rule \"%s\" cannot compare values of type %s", rule->name, format_type_be(column->type))));
	plan->compare = type->cmp_proc;
	plan->collation = get_typcollation(column->type);
	bound = InputFunctionCall((FmgrInfo *) &column->input, rule->argument.items[0], column->input_param, column->typmod);
	if (type->typbyval)
		plan->bound = bound;
	else
		plan->bound_at = put_bytes(block, DatumGetPointer(datumCopy(bound, false, type->typlen)),
								   datumGetSize(bound, false, type->typlen));
}

static void
put_pattern(StringInfo block, PlanRule *plan, const ProfileRule *rule)
{
	text	   *pattern = cstring_to_text(rule->argument.items[0]);

	plan->pattern_at = put_bytes(block, pattern, VARSIZE(pattern));
}

static void
put_argument(StringInfo block, PlanRule *plan, const ProfileRule *rule, const ProfileColumn *column)
{
	switch (rule->kind)
	{
		case RULE_MIN:
		case RULE_MAX:
			put_bound(block, plan, rule, column);
			break;
		case RULE_MIN_LENGTH:
		case RULE_MAX_LENGTH:
			plan->length = pg_strtoint32(rule->argument.items[0]);
			break;
		case RULE_PATTERN:
			put_pattern(block, plan, rule);
			break;
		case RULE_ONE_OF:
			plan->words = put_words(block, &rule->argument);
			break;
		default:
			break;
	}
}

static void
put_rule(StringInfo block, uint32 at, const JudgeTask *task, const ProfileRule *rule)
{
	const ProfileColumn *column = &task->profile->columns[rule->column];
	const char *template = message_template(message_object(rule->messages), NULL, task->locale);
	MessagePlaces places = {.label = column->label};
	PlanRule	plan = {
		.kind = rule->kind,.column = rule->column,.warning = rule->warning,
		.reads_text = rule->kind != RULE_REQUIRED && rule->kind != RULE_MIN && rule->kind != RULE_MAX
	};

	put_argument(block, &plan, rule, column);
	plan.name = put_text(block, rule->name);
	if (template == NULL)
	{
		template = fault_text_of_rule(rule->kind, task->locale);
		places.limit = words_for_people(&rule->argument);
	}
	plan.message = put_message(block, template, &places);
	*(PlanRule *) (block->data + at) = plan;
}

/*
 * The whole
 */

static bool
wants_extra(const Profile *profile)
{
	bool		computes = profile->delete_when != NULL;

	for (int i = 0; i < profile->count; i++)
	{
		if (profile->columns[i].source == SOURCE_EXTRA)
			return true;
		computes = computes || profile_computes(&profile->columns[i]);
	}
	return computes && profile_sees_extra(profile);
}

const JudgePlan *
plan_create(const JudgeTask *task)
{
	const Profile *profile = task->profile;
	JudgePlan	plan = {
		.wants_extra = wants_extra(profile),.keeps_bad = task->keeps_bad,.column_count = profile->count
	};
	StringInfoData block;

	for (int i = 0; i < profile->rule_count; i++)
		plan.rule_count += rule_is_on_cell(profile->rules[i].kind);
	initStringInfo(&block);
	(void) put_room(&block, sizeof(plan));
	plan.columns_at = put_room(&block, sizeof(PlanColumn) * (size_t) plan.column_count);
	plan.messages_at = put_room(&block, sizeof(PlanMessage) * (size_t) plan.column_count * CELL_FAULTS);
	plan.rules_at = put_room(&block, sizeof(PlanRule) * (size_t) plan.rule_count);
	for (int i = 0; i < profile->count; i++)
	{
		put_column(&block, plan.columns_at, task, i);
		put_column_messages(&block, &plan, task, i);
	}
	for (int i = 0, at = 0; i < profile->rule_count; i++)
		if (rule_is_on_cell(profile->rules[i].kind))
			put_rule(&block, plan.rules_at + (uint32) sizeof(PlanRule) * (uint32) at++, task, &profile->rules[i]);
	plan.sheet_names = put_texts(&block, &task->sheet_names);
	if (plan.wants_extra)
		plan.extras = put_texts(&block, &task->extras);
	plan.bytes = (uint32) block.len;
	memcpy(block.data, &plan, sizeof(plan));
	return (const JudgePlan *) block.data;
}

/* Does it compare by a built-in function that does not use the catalog? */
static bool
compares_alone(ColumnClass class)
{
	return class == COLUMN_INTEGER || class == COLUMN_FLOAT || class == COLUMN_DATE || class == COLUMN_TIMESTAMP ||
		class == COLUMN_NUMERIC;
}

/* Would every row be open, because an input function must read the column's own text? */
static bool
asks_always(const PlanColumn *column)
{
	ColumnClass class = column->class;

	return column->takes != SOURCE_CELL && class != COLUMN_TEXT && class != COLUMN_INTEGER && class != COLUMN_NUMERIC &&
		class != COLUMN_BOOLEAN;
}

bool
plan_is_portable(const JudgePlan *plan)
{
	for (int i = 0; i < plan->column_count; i++)
		if (plan_columns(plan)[i].computed || asks_always(&plan_columns(plan)[i]))
			return false;
	for (int i = 0; i < plan->rule_count; i++)
	{
		const PlanRule *rule = &plan_rules(plan)[i];

		if (OidIsValid(rule->compare) && !compares_alone(plan_columns(plan)[rule->column].class))
			return false;
	}
	return true;
}

bool
plan_text_is(const JudgePlan *plan, PlanText known, const char *text, size_t length)
{
	return known.at > 0 && known.length == length && memcmp(plan_text(plan, known), text, length) == 0;
}

bool
plan_texts_have(const JudgePlan *plan, PlanTexts texts, const char *text, size_t length)
{
	for (uint32 i = 0; i < texts.count; i++)
		if (plan_text_is(plan, plan_text_of(plan, texts, i), text, length))
			return true;
	return false;
}

char *
plan_row_name(const JudgePlan *plan, uint32 number)
{
	if (plan->sheet_names.count < 2 || row_sheet(number) >= plan->sheet_names.count)
		return psprintf("Row %u", row_in_sheet(number));
	return psprintf("Row %u of sheet \"%s\"", row_in_sheet(number), plan_text(plan, plan_text_of(plan, plan->sheet_names, row_sheet(number))));
}

static Message
message_of(const JudgePlan *plan, const PlanMessage *message)
{
	return (Message) {plan_text(plan, message->text), message->text.length, message->has_places};
}

Message
plan_fault_message(const JudgePlan *plan, int column, CellFault fault)
{
	const PlanMessage *message = (const PlanMessage *) ((const char *) plan + plan->messages_at);

	return message_of(plan, &message[column * CELL_FAULTS + (int) fault]);
}

bool
plan_fault_is_own(const JudgePlan *plan, int column, CellFault fault)
{
	return ((const PlanMessage *) ((const char *) plan + plan->messages_at))[column * CELL_FAULTS + (int) fault].own;
}

Message
plan_rule_message(const JudgePlan *plan, const PlanRule *rule)
{
	return message_of(plan, &rule->message);
}
