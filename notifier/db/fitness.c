/*
 * fitness.c
 *	  Can the database that answers serve at all?
 */
#include "db/fitness.h"

#include <stdio.h>
#include <string.h>

#include "process/log.h"

/* 57P03 is "cannot connect now": the same request can succeed later. */
#define NOT_NOW "57P03"

#define VERSION_BYTES 64

static char extension[VERSION_BYTES];	/* "": none, or not known */
static char library[VERSION_BYTES];
static bool library_is_old;
static char message[256];
static char hint[256];
static const DbError problem = {.code = NOT_NOW,.message = message,.hint = hint};

/* Positive: the sidecar is so many minor versions newer; negative: older. Another major version counts for many. */
static int
ahead_by(void)
{
	int			own[2];
	int			other[2];

	if (sscanf(NOTIFIER_VERSION, "%9d.%9d", &own[0], &own[1]) != 2 || sscanf(extension, "%9d.%9d", &other[0], &other[1]) != 2)
		return 0;
	return own[0] != other[0] ? (own[0] - other[0]) * 1000 : own[1] - other[1];
}

static void
judge(bool standby, const char *database)
{
	char		before[sizeof(message)];

	memcpy(before, message, sizeof(message));
	message[0] = hint[0] = '\0';
	if (standby)
	{
		snprintf(message, sizeof(message), "database \"%s\" is on a standby server, which takes no imports", database);
		snprintf(hint, sizeof(hint), "Let database-url name the primary, or all servers with target_session_attrs=read-write.");
	}
	else if (extension[0] == '\0')
	{
		snprintf(message, sizeof(message), "extension \"pg_xlsx\" is not installed in database \"%s\"", database);
		snprintf(hint, sizeof(hint), "Run CREATE EXTENSION pg_xlsx there, or let database-url name another database.");
	}
	else if (ahead_by() < -1 || ahead_by() > 1)
	{
		snprintf(message, sizeof(message), "sidecar %s does not work with the SQL objects of pg_xlsx %s, which are %s", NOTIFIER_VERSION,
				 extension, ahead_by() > 0 ? "older" : "newer");
		snprintf(hint, sizeof(hint), ahead_by() > 0 ? "Run ALTER EXTENSION pg_xlsx UPDATE." : "Install a newer sidecar.");
	}
	if (message[0] != '\0' && strcmp(before, message) != 0)
		log_warning("cannot serve: %s", message);
	else if (message[0] == '\0' && before[0] != '\0')
		log_info("can serve again");
}

bool
fitness_take(const PGresult *result)
{
	char		before[VERSION_BYTES];

	memcpy(before, extension, sizeof(extension));
	snprintf(extension, sizeof(extension), "%s", PQgetvalue(result, 0, 2));
	if (strcmp(before, extension) != 0)
	{
		library[0] = '\0';
		library_is_old = false;
	}
	judge(strcmp(PQgetvalue(result, 0, 0), "t") == 0, PQgetvalue(result, 0, 1));
	return extension[0] != '\0' && library[0] == '\0';
}

void
fitness_take_library(const PGresult *result)
{
	snprintf(library, sizeof(library), "%s", PQgetvalue(result, 0, 0));
	library_is_old = strcmp(PQgetvalue(result, 0, 1), "library") == 0;
}

const DbError *
fitness_problem(void)
{
	return message[0] != '\0' ? &problem : NULL;
}

const char *
fitness_extension(void)
{
	return extension[0] != '\0' ? extension : NULL;
}

const char *
fitness_library(void)
{
	return library[0] != '\0' ? library : NULL;
}

const char *
fitness_older(void)
{
	if (library_is_old)
		return "library";
	if (extension[0] == '\0' || ahead_by() == 0)
		return NULL;
	return ahead_by() > 0 ? "sql" : "sidecar";
}
