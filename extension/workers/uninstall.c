/*
 * uninstall.c
 *	  What DROP EXTENSION takes along, and what it leaves.
 */
#include "workers/uninstall.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pg/query.h"
#include "tables/owner.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"
#include "utils/guc.h"

static bool
may_drop_extension(const Node *statement)
{
	const DropStmt *drop = (const DropStmt *) statement;

	if (IsA(statement, DropOwnedStmt))
		return true;
	return IsA(statement, DropStmt) && (drop->removeType == OBJECT_EXTENSION || drop->removeType == OBJECT_SCHEMA);
}

/* Only jobs that are those of a schedule: another one may have its name by now. */
static char *
statements_for_jobs(void)
{
	static PrivateStatement select = {
		"SELECT string_agg(format('SELECT %I.unschedule(%s)', (parse_ident(xlsx_private.cron_table()))[1], c.job), '; ')"
		" FROM xlsx_private.schedule s, LATERAL xlsx_private.cron_job(s.name, s.owner::regrole) AS c WHERE c.is_ours",
		0, {0}, NULL
	};
	PrivateRow	row;

	private_sql_run(&select, NULL, NULL, &row);
	return private_sql_text(&row, 0);
}

void
uninstall_begin(Uninstall *uninstall, const Node *statement)
{
	Oid			extension;

	*uninstall = (Uninstall) {InvalidOid, NULL};
	if (!may_drop_extension(statement) || !IsTransactionState() || !owner_hold())
		return;
	extension = get_extension_oid("pg_xlsx", true);
	if (!OidIsValid(extension) || !compat_owns_extension(extension, GetUserId()))
		return;
	uninstall->owner = owner_oid();
	uninstall->jobs = statements_for_jobs();
}

/* pg_cron lets a superuser remove the jobs of others. The tables are gone, so private_sql cannot be used. */
static void
remove_jobs(const Uninstall *uninstall)
{
	Oid			user;
	int			context;
	int			level = NewGUCNestLevel();

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(uninstall->owner, context | SECURITY_LOCAL_USERID_CHANGE);
	query_set_option("search_path", "pg_catalog, pg_temp");
	SPI_connect();
	if (SPI_execute(uninstall->jobs, false, 0) < 0)
		elog(ERROR, "could not remove the jobs of pg_cron");
	SPI_finish();
	AtEOXact_GUC(true, level);
	SetUserIdAndSecContext(user, context);
}

void
uninstall_end(const Uninstall *uninstall)
{
	if (!OidIsValid(uninstall->owner) || OidIsValid(get_extension_oid("pg_xlsx", true)))
		return;
	if (uninstall->jobs != NULL && OidIsValid(get_extension_oid("pg_cron", true)))
		remove_jobs(uninstall);
	ereport(NOTICE,
			(errmsg("roles xlsx_user, xlsx_notifier and xlsx_admin stay"),
			 errhint("Other databases may use them. If none does, run DROP ROLE xlsx_user, xlsx_notifier, xlsx_admin.")));
}
