/*
 * absent_options.c
 *	  What mode sync does with rows of the target that the file lacks.
 */
#include "profile/absent_options.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "pg/compat.h"
#include "pg/query.h"
#include "profile/sql.h"
#include "utils/guc.h"

/*
 * max_absent
 */

MaxAbsent
max_absent_parse(const char *text)
{
	size_t		digits = strspn(text, "0123456789");
	const char *end = text + digits;
	MaxAbsent	limit;

	if (digits > 0 && *end == '.' && strchr(end, '%') != NULL)
		end += 1 + strspn(end + 1, "0123456789");
	limit = (MaxAbsent) {.percent = *end == '%',.most = digits > 0 ? strtod(text, NULL) : 0};
	if (digits == 0 || digits > 15 || strcmp(end, limit.percent ? "%" : "") != 0 || (limit.percent && limit.most > 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_absent cannot be \"%s\"", text),
				 errdetail("It is the number of rows that the file may lack at most."),
				 errhint("Write it as \"100\", or as \"10%%\" of the rows in scope.")));
	return limit;
}

/*
 * absent
 */

#define ABSENT_HINT "It is \"delete\", \"report\", or what an UPDATE sets, such as \"deleted_at = now()\"."

static void
refuse(const char *absent, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("absent cannot be \"%s\"", absent),
			 errdetail("%s", detail),
			 errhint(ABSENT_HINT)));
}

/* What the server says of a wrong statement is about the option. */
static void
point_into_statement(void *statement)
{
	internalerrposition(geterrposition());
	errposition(0);
	internalerrquery(statement);
	errhint(ABSENT_HINT);
}

/* The items of "UPDATE t SET <absent>". */
static List *
targets_of(const char *absent, const char *statement)
{
	ErrorContextCallback context = {.callback = point_into_statement,.arg = (void *) statement,.previous = error_context_stack};
	const UpdateStmt *update;
	List	   *parsed;

	error_context_stack = &context;
	parsed = raw_parser(statement, RAW_PARSE_DEFAULT);
	error_context_stack = context.previous;
	if (list_length(parsed) != 1 || linitial_node(RawStmt, parsed)->stmt_len != 0 ||
		!IsA(linitial_node(RawStmt, parsed)->stmt, UpdateStmt))
		refuse(absent, "It is not one list of assignments.");
	update = (const UpdateStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (update->whereClause != NULL || update->fromClause != NIL || compat_has_returning(update))
		refuse(absent, "It is more than a list of assignments; which rows are meant is said by scope.");
	return update->targetList;
}

/* Reads tokens up to the end of an assignment. Its expression is from *begin to the result; *more: another follows. */
static int
take_assignment(core_yyscan_t scanner, int *begin, bool *more)
{
	core_YYSTYPE value;
	YYLTYPE		location = 0;
	int			depth = 0;
	int			token;

	*begin = -1;
	while ((token = core_yylex(&value, &location, scanner)) != 0 && !(token == ',' && depth == 0))
	{
		if (*begin == 0)
			*begin = location;
		if (token == '=' && *begin < 0)
			*begin = 0;			/* the expression begins with the next token */
		depth += token == '(' || token == '[' ? 1 : token == ')' || token == ']' ? -1 : 0;
	}
	*more = token != 0;
	return location;
}

static List *
settings_of(const char *absent)
{
	const char *statement = psprintf("UPDATE t SET %s", absent);
	List	   *targets = targets_of(absent, statement);
	List	   *settings = NIL;
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(statement, &extra, &ScanKeywords, ScanKeywordTokens);
	ListCell   *cell;
	bool		more = true;

	foreach(cell, targets)
	{
		const ResTarget *target = lfirst_node(ResTarget, cell);
		AbsentSetting *setting = palloc(sizeof(AbsentSetting));
		int			begin = 0;
		int			end = more ? take_assignment(scanner, &begin, &more) : 0;

		if (target->indirection != NIL || IsA(target->val, MultiAssignRef) || IsA(target->val, SetToDefault))
			refuse(absent, "Each assignment gives one whole column the value of an expression.");
		if (!more)
			end = (int) strlen(statement);
		setting->column = pstrdup(target->name);
		setting->expression = pnstrdup(statement + begin, (Size) (end - begin));
		profile_sql_check(setting->expression, "expression");
		settings = lappend(settings, setting);
	}
	scanner_finish(scanner);
	return settings;
}

AbsentAction
absent_parse(const char *absent, List **settings)
{
	int			level;

	*settings = NIL;
	if (absent == NULL || absent[0] == '\0' || strcmp(absent, "delete") == 0)
		return ABSENT_DELETE;
	if (strcmp(absent, "report") == 0)
		return ABSENT_REPORT;
	level = NewGUCNestLevel();
	query_fix_syntax();
	*settings = settings_of(absent);
	AtEOXact_GUC(true, level);
	return ABSENT_MARK;
}

/*
 * All of them
 */

void
absent_require_limit(const char *scope, const char *max_absent)
{
	if (scope == NULL && max_absent == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mode sync needs a scope or max_absent"),
				 errdetail("Without them a file could remove every row of the target."),
				 errhint("Say which rows the file is meant to be all of, by scope, an SQL condition, \"true\" for the whole table; or how many it may lack, by max_absent.")));
}

void
option_check_scope(const char *scope)
{
	if (scope[0] != '\0')
		profile_sql_check(scope, "scope");
}

void
option_check_absent(const char *absent)
{
	List	   *settings;

	(void) absent_parse(absent, &settings);
}

void
option_check_max_absent(const char *max_absent)
{
	if (max_absent[0] != '\0')
		(void) max_absent_parse(max_absent);
}

void
option_check_delete_when(const char *expression)
{
	if (expression[0] != '\0')
		profile_sql_check(expression, "delete_when");
}
