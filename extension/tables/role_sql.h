/*
 * role_sql.h
 *	  Runs SQL of a role in a session that could become another role.
 *
 * Triggers of a target, and expressions and lookups of a profile, are code that somebody else has
 * written. A session that can become no other role runs them as it would with INSERT. A session
 * that can (a worker whose login is not the role, a connection of the sidecar, an administrator)
 * confines them. They then run in a restricted operation, in which no role can be taken on and
 * nothing can be left behind for later users of the session: temporary tables, prepared
 * statements, cursors, deferred triggers. They also run in a GUC nest level of their own, so that
 * every setting is undone.
 *
 * The server's restricted operation does not cover functions in pg_temp and, in older releases,
 * types. role_sql_leave() raises an error when there are new ones.
 *
 * Each enter needs its leave in the same (sub)transaction; after an error, the abort does the
 * same. The caller owns the state, which must not be moved in between.
 */
#ifndef PG_XLSX_ROLE_SQL_H
#define PG_XLSX_ROLE_SQL_H

#include "pg/pg_xlsx.h"

#include "tables/owner.h"

typedef struct RoleSql
{
	bool		confined;
	Oid			role;
	OwnerState	caller;			/* what to restore, when confined */
	bool		hurried;		/* all constraints are immediate, even if SQL of the role has deferred them */
	CommandId	since;			/* what was created after this belongs to the role */
	ErrorContextCallback explain;	/* adds a hint to errors of the restricted operation */
} RoleSql;

/* Could this session become a role other than this one, or is it another role now? */
extern bool role_sql_must_confine(Oid role);

/*
 * From here on, SQL runs as the role, confined when the session could become another one. When it
 * is confined, triggers that were deferred before fire first, as the caller. Nothing is deferred
 * from here to the end of the transaction, because a trigger that waited for the commit would run
 * without the protection.
 */
extern void role_sql_enter(RoleSql *state, Oid role);

/*
 * The same for queries that run as the current role, in a transaction whose deferred constraints
 * must be left alone. confined says whether to confine them.
 */
extern void role_sql_enter_query(RoleSql *state, bool confine);

extern void role_sql_leave(RoleSql *state);

/*
 * From here to role_sql_leave(), names in SQL of the role are looked up as in a new session of
 * this login. Does nothing when the SQL is not confined: then the session's own search_path is
 * used.
 */
extern void role_sql_set_path(const RoleSql *state, Oid login);

/*
 * Removes what a task may have left in this session, within the current transaction: settings,
 * roles, temporary objects, cursors, prepared statements, last values of sequences, the seed of
 * random(). Session locks stay.
 */
extern void role_sql_clean_session(void);

#endif							/* PG_XLSX_ROLE_SQL_H */
