/*
 * role_sql.h
 *	  SQL of a role in a session that could become more than that role.
 *
 * Triggers of a target, expressions and lookups of a profile are code of
 * somebody else.  Where the session is nobody but the role that they run as,
 * they run as with INSERT.  Where it could become another role (a worker whose
 * login is not the role, a connection of the sidecar, an administrator), they
 * are confined: a restricted operation, in which no role can be taken on and
 * nothing can be left behind for whoever comes next (temporary tables, prepared
 * statements, cursors, deferred triggers), in a GUC nest level of its own, which
 * undoes every setting.
 *
 * The server's restricted operation leaves a gap, functions of pg_temp and
 * in older releases its types; role_sql_leave() raises an error where there are new ones.
 *
 * Each enter needs its leave in the same (sub)transaction; an error undoes it
 * with the (sub)transaction.  The state belongs to the caller and must stay
 * where it is until then.
 */
#ifndef PG_XLSX_ROLE_SQL_H
#define PG_XLSX_ROLE_SQL_H

#include "pg/pg_xlsx.h"

#include "tables/owner.h"

typedef struct RoleSql
{
	bool		confined;
	Oid			role;
	OwnerState	caller;			/* what to go back to, where confined */
	bool		hurried;		/* nothing is to be deferred, whatever SQL of the role has said about it */
	CommandId	since;			/* what is newer is the role's */
	ErrorContextCallback explain;	/* adds the hint to what is refused */
} RoleSql;

/* Could this session become more than the role, or is it another one now? */
extern bool role_sql_must_confine(Oid role);

/*
 * SQL of the role from here on: confined where the session could become more.
 * Then what is deferred so far fires first, as the caller, and nothing is
 * deferred from here to the end of the transaction: a trigger that waited for
 * the commit would run when the protection is over.
 */
extern void role_sql_enter(RoleSql *state, Oid role);

/*
 * The same for queries that run as the current role in a transaction whose
 * deferred constraints are not ours to touch: confined where the argument says so.
 */
extern void role_sql_enter_query(RoleSql *state, bool confine);

extern void role_sql_leave(RoleSql *state);

/*
 * Names in SQL of the role are looked up as in a new session of this login,
 * until role_sql_leave().  Does nothing where the SQL is not confined: there
 * the session's own search_path holds.
 */
extern void role_sql_set_path(const RoleSql *state, Oid login);

/*
 * Ends, in the transaction at hand, whatever a task may have left in this
 * session, but session locks: settings, roles, temporary objects, cursors,
 * prepared statements, sequences' last values, the seed of random().
 */
extern void role_sql_clean_session(void);

#endif							/* PG_XLSX_ROLE_SQL_H */
