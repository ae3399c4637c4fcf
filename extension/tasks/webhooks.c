/*
 * webhooks.c
 *	  Events of tasks that other servers are told of.
 */
#include "tasks/webhooks.h"

#include "catalog/pg_type.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"

void
webhooks_write(int64 task, const char *event, const char *data)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.webhook_delivery (task_id, url, event, payload)"
		" SELECT t.id, u.url, $2, json_build_object('type', $2, 'timestamp', xlsx_private.iso(clock_timestamp()), 'data', $3::json)"
		" FROM xlsx_private.task t JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id,"
		" LATERAL (SELECT DISTINCT e.url FROM jsonb_array_elements_text(f.content -> 'webhooks') AS e (url)) AS u"
		" WHERE t.id = $1 AND jsonb_typeof(f.content -> 'webhooks') = 'array'",
		3, {INT8OID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), CStringGetTextDatum(event), CStringGetTextDatum(data)};

	private_sql_run(&insert, values, NULL, NULL);
}
