/*
 * subject.h
 *	  A task, as the functions need it that act on one.
 */
#ifndef PG_XLSX_SUBJECT_H
#define PG_XLSX_SUBJECT_H

#include "pg/pg_xlsx.h"

#include "tasks/task_status.h"

typedef struct Subject
{
	int64		id;
	TaskStatus	status;
	int			worker_pid;		/* 0: none */
	Oid			owner;
	Oid			login;
	int64		file;			/* 0: the file is gone */
	bool		validated;
	bool		uncommitted;	/* inserted by this same transaction */
	bool		restart;		/* rows of it were undone */
	bool		spoiled;		/* it failed and saved nothing, because of what the rows are */
	int64		inserted;		/* rows of it that are in the target */
	bool		keeps_rows;		/* undo information for its rows is kept, by key */
	char	   *date_style;
	char	   *time_zone;
	char	   *tenant;
	int64		set;			/* that it is one of; 0: none */
	int			set_size;		/* number of its tasks, if it is a set; 0: it is an import */
	bool		atomic;
	int64		after;			/* the task before it; 0: none */
	char	   *settings;		/* of its submission (tables/carried.h); NULL: none */
} Subject;

/* Reads a task. Raises an error unless the current role owns it or may act for its owner, and tenant. */
extern Subject subject_find(int64 id);

/* The same. No other session can retry, undo or delete the task before this transaction ends. */
extern Subject subject_lock(int64 id);

extern bool subject_is_active(const Subject *task);

/* Raises an error: a task in this state does not allow the action. */
extern void subject_refuse(const Subject *task, const char *action);

/* What the status of a task must be, for its row to be locked. */
typedef enum Wanted
{
	WANTED_WAITING,				/* PENDING: no worker has it */
	WANTED_ACTIVE,				/* PENDING or PROCESSING */
	WANTED_ENDED
} Wanted;

/*
 * Locks the row of a task until the transaction ends, if the task has such a status. Waits for a
 * session that holds the row. Returns false, and the row is not locked, if the status is another
 * one by then: a worker could not write its task's end while the row was locked.
 */
extern bool subject_lock_wanted(int64 task, Wanted wanted);

#endif							/* PG_XLSX_SUBJECT_H */
