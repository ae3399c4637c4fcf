/*
 * faults.c
 *	  Finds out what is wrong with the rows of a batch that the target refused.
 */
#include "saving/faults.h"

#include "core/ref.h"
#include "pg/shown_row.h"
#include "saving/keyed_write.h"
#include "saving/refusal.h"
#include "saving/saver_state.h"
#include "utils/lsyscache.h"

static const char *
code_of_sqlstate(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_UNIQUE_VIOLATION:
			return "unique";
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			return "foreign_key";
		case ERRCODE_CHECK_VIOLATION:
			return "check";
		case ERRCODE_NOT_NULL_VIOLATION:
			return "not_null";
		case ERRCODE_EXCLUSION_VIOLATION:
			return "exclusion";
		default:
			return "rejected";
	}
}

/* One thing that is wrong with a row. column: the column to report it at, or NULL. */
typedef struct Blame
{
	const ProfileColumn *column;
	Message		message;		/* text NULL: that of the violation */
	Violation	violation;
} Blame;

/* A row that becomes an error row at the end of the batch. */
typedef struct Fault
{
	int			row;
	uint32		sheet_row;
	List	   *blames;			/* of Blame */
} Fault;

static void
add_blame(Fault *fault, const ProfileColumn *column, Message message, const Violation *violation)
{
	Blame	   *blame = palloc(sizeof(Blame));

	*blame = (Blame) {column, message, *violation};
	fault->blames = lappend(fault->blames, blame);
}

static Fault *
note_bad_row(Faults *faults, int row, const ProfileColumn *column, Message message, const Violation *violation)
{
	Fault	   *fault = palloc(sizeof(Fault));

	*fault = (Fault) {row, faults->rows->sheet_rows[row], NIL};
	add_blame(fault, column, message, violation);
	faults->list = lappend(faults->list, fault);
	return fault;
}

static int
compare_faults(const ListCell *a, const ListCell *b)
{
	uint32		left = ((const Fault *) lfirst(a))->sheet_row;
	uint32		right = ((const Fault *) lfirst(b))->sheet_row;

	return left < right ? -1 : left > right;
}

/* Fills in the value and the cell, which are known only now. */
static void
say(Blame *blame, uint32 sheet_row, uint32 source, const char *value)
{
	char		cell[19] = "";

	if (blame->message.text == NULL)
		return;
	if (source > 0)
		xlsx_ref_cell(sheet_row, source, cell);
	blame->violation.message = message_say(&blame->message, value, cell);
}

/* Writes the row, with the original texts of its cells. */
static void
report_fault(const SaveTask *task, const Fault *fault, ErrorRows *errors)
{
	const Profile *profile = task->profile;
	ErrorForm  *form = error_row_begin(errors);
	char	  **texts = palloc(sizeof(char *) * (size_t) profile->count);
	ListCell   *cell;

	for (int i = 0; i < profile->count; i++)
	{
		bool		number;

		texts[i] = task->original(task->originals, fault->sheet_row, task->source[i], profile->columns[i].shows, &number);
		error_form_value(form, texts[i], texts[i] != NULL ? strlen(texts[i]) : 0, number);
	}
	foreach(cell, fault->blames)
	{
		Blame	   *blame = lfirst(cell);
		ptrdiff_t	at = blame->column != NULL ? blame->column - profile->columns : -1;

		say(blame, fault->sheet_row, at >= 0 ? task->source[at] : 0, at >= 0 ? texts[at] : NULL);
		error_form_violation(form, blame->column != NULL ? blame->column->header : NULL, fault->sheet_row, at >= 0 ? task->source[at] : 0,
							 at >= 0 ? texts[at] : NULL, &blame->violation);
	}
	error_row_end(errors, fault->sheet_row);
}

/*
 * May the row break constraints that the server has not reported? It stops at the first one. It
 * checks NOT NULL first, then CHECK constraints by name; indexes see only rows that pass all of
 * these.
 */
static bool
may_break_more(const Saver *saver, const Fault *fault)
{
	const char *code = ((const Blame *) linitial(fault->blames))->violation.code;

	return saver->method->whole_rows && (strcmp(code, "check") == 0 || strcmp(code, "not_null") == 0);
}

typedef struct Finding
{
	Saver	   *saver;
	const char *target;
	Fault	  **faults;			/* by place in the batch */
} Finding;

static void
blame_check(void *argument, int place, const char *constraint, const ProfileColumn *column)
{
	const Finding *finding = argument;
	Fault	   *fault = finding->faults[place];
	const Violation *first = &((const Blame *) linitial(fault->blames))->violation;
	Violation	violation;

	if (first->constraint != NULL && strcmp(first->constraint, constraint) == 0)
		return;
	violation = (Violation) {
		.code = "check",
		.message = psprintf("new row for relation \"%s\" violates check constraint \"%s\"", finding->target, constraint),
		.constraint = pstrdup(constraint), .sqlstate = "23514"
	};
	add_blame(fault, column, refusal_text(finding->saver, &(Refusal) {.code = violation.code,.constraint = constraint})->message, &violation);
}

/* Adds other constraints that the rows break. */
static void
find_more(Faults *faults)
{
	Saver	   *saver = faults->saver;
	Finding		finding = {
		saver, get_rel_name(saver->profile->target), palloc0(sizeof(Fault *) * (size_t) (faults->rows->count + 1))
	};
	int		   *places = palloc(sizeof(int) * (size_t) (faults->rows->count + 1));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, faults->list)
	{
		Fault	   *fault = lfirst(cell);

		if (!may_break_more(saver, fault))
			continue;
		finding.faults[fault->row] = fault;
		places[count++] = fault->row;
	}
	if (count == 0)
		return;
	if (saver->checks == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(saver->context);

		saver->checks = check_constraints_create(saver->profile);
		MemoryContextSwitchTo(caller);
	}
	check_constraints_ask(saver->checks, faults->rows, places, count, blame_check, &finding);
}

void
faults_note_error(Faults *faults, int row, const ErrorData *error)
{
	Violation	violation = {
		.code = code_of_sqlstate(error->sqlerrcode), .message = error->message,
		.detail = shown_row_detail(error), .hint = error->hint, .constraint = error->constraint_name,
		.sqlstate = unpack_sql_state(error->sqlerrcode)
	};
	Refusal		refusal = {violation.code, error->schema_name, error->table_name, error->constraint_name, error->column_name};
	const RefusalText *text = refusal_text(faults->saver, &refusal);

	violation.sqlstate = pstrdup(violation.sqlstate);
	(void) note_bad_row(faults, row, text->column, text->message, &violation);
}

void
faults_note_missing(Faults *faults, int row, int key_column)
{
	const ProfileColumn *key = &faults->saver->profile->columns[key_column];
	Violation	violation = {.code = fault_code_of_row(ROW_NOT_FOUND)};

	(void) note_bad_row(faults, row, key, refusal_not_found(faults->saver, key), &violation);
}

void
faults_note_lacking(Faults *faults, int row)
{
	const Saver *saver = faults->saver;
	Fault	   *fault = NULL;

	for (int i = 0; i < saver->profile->count; i++)
	{
		const ProfileColumn *column = &saver->profile->columns[i];
		Violation	violation = {.code = fault_code(FAULT_REQUIRED)};

		if (!keyed_lacks(column, faults->rows, row, i))
			continue;
		if (fault == NULL)
			fault = note_bad_row(faults, row, column, refusal_required(saver, column), &violation);
		else
			add_blame(fault, column, refusal_required(saver, column), &violation);
	}
	Assert(fault != NULL);
}

void
faults_report(Faults *faults, ErrorRows *errors)
{
	ListCell   *cell;

	find_more(faults);
	list_sort(faults->list, compare_faults);
	foreach(cell, faults->list)
		report_fault(&faults->saver->task, lfirst(cell), errors);
}

void
faults_report_row(const SaveTask *task, uint32 sheet_row, const ProfileColumn *column, Message message, const Violation *violation, ErrorRows *rows)
{
	Fault		fault = {0, sheet_row, NIL};

	add_blame(&fault, column, message, violation);
	report_fault(task, &fault, rows);
}
