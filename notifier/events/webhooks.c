/*
 * webhooks.c
 *	  Sends the webhooks that are due.
 */
#include "events/webhooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/signature.h"
#include "db/db.h"
#include "http/outgoing.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

/* Requests at a time. */
#define MOST_RUNNING 8

/* How long a receiver may take, and after which time another sidecar may take what this one has taken. */
#define ANSWER_MS 15000
#define LEASE_MS 60000

/* The database is looked at after this time at the latest: another sidecar may have taken a webhook and died. */
#define LOOK_MS 30000
#define LOOK_AGAIN_MS 2000		/* after an error of the database */

/* The wait doubles with each attempt, up to this one. */
#define LONGEST_BACKOFF_MS (12 * 3600 * 1000LL)

typedef struct Delivery
{
	int64_t		id;
	int			attempt;
	char		message_id[64];
	char	   *url;
	char	   *payload;
	int			status;
	char	   *error;			/* NULL: it was delivered */
} Delivery;

static bool open_now;
static DbCall *claim_call;
static bool look_again;			/* something came while the database was asked */
static int	running;
static Timer timer;

static void claim(void);

static void
free_delivery(Delivery *delivery)
{
	free(delivery->url);
	free(delivery->payload);
	free(delivery->error);
	free(delivery);
}

static void
on_time(Timer *fired)
{
	(void) fired;
	claim();
}

static void
look_after(int64_t ms)
{
	if (open_now)
		loop_timer_start(&timer, ms < LOOK_MS ? ms : LOOK_MS, on_time);
}

/*
 * What became of it
 */

static int64_t
backoff(int attempt)
{
	int64_t		ms = config.webhook_backoff;

	while (--attempt > 0 && ms < LONGEST_BACKOFF_MS)
		ms *= 2;
	return ms < LONGEST_BACKOFF_MS ? ms : LONGEST_BACKOFF_MS;
}

static void
reported(void *arg, const DbError *error, const DbRow *row)
{
	Delivery   *delivery = arg;

	if (error != NULL)
		log_warning("webhook not recorded, so it is sent again, delivery=%" PRId64 " error=%s", delivery->id, error->message);
	else
		log_at(delivery->error == NULL ? LOG_INFO : LOG_WARNING, "webhook %s, delivery=%" PRId64 " attempt=%d status=%d%s%s",
			   *row->first != '\0' ? row->first : "taken by another sidecar", delivery->id, delivery->attempt, delivery->status,
			   delivery->error != NULL ? " error=" : "", delivery->error != NULL ? delivery->error : "");
	free_delivery(delivery);
	running--;
	webhooks_hurry();
}

static void
report(Delivery *delivery)
{
	char		id[24];
	char		attempt[16];
	char		status[16];
	char		wait[24];
	char		most[24];
	const char *const arguments[] = {id, attempt, delivery->status > 0 ? status : NULL, delivery->error, wait, most};
	DbRequest	request = {
		.lane = PG_LANE_REQUEST,.writes = true,.tidy = true,.sql = "SELECT head, body FROM xlsx_rest.webhooks_report($1, $2, $3, $4, $5, $6)",
		.count = 6,.arguments = arguments
	};

	snprintf(id, sizeof(id), "%" PRId64, delivery->id);
	snprintf(attempt, sizeof(attempt), "%d", delivery->attempt);
	snprintf(status, sizeof(status), "%d", delivery->status);
	snprintf(wait, sizeof(wait), "%" PRId64, backoff(delivery->attempt));
	snprintf(most, sizeof(most), "%" PRId64, config.webhook_attempts);
	db_run(&request, reported, delivery);
}

static void
posted(void *arg, int status, const char *error)
{
	Delivery   *delivery = arg;
	Buf			text = {0};

	delivery->status = status;
	if (error != NULL)
		buf_puts(&text, error);
	else if (status >= 300 && status < 400)
		buf_printf(&text, "the receiver answered %d, and redirects are not followed", status);
	else if (status < 200 || status >= 300)
		buf_printf(&text, "the receiver answered %d", status);
	delivery->error = text.data;
	report(delivery);
}

/*
 * Sending
 */

static void
post(Delivery *delivery)
{
	char		timestamp[24];
	Buf			lines[3] = {{0}, {0}, {0}};
	const char *headers[4] = {0};

	snprintf(timestamp, sizeof(timestamp), "%" PRId64, (int64_t) time(NULL));
	signature_make(&lines[2], config.webhook_secret, delivery->message_id, timestamp, delivery->payload, strlen(delivery->payload));
	buf_printf(&lines[0], "webhook-signature: %s", lines[2].data);
	buf_clear(&lines[2]);
	buf_printf(&lines[1], "webhook-timestamp: %s", timestamp);
	buf_printf(&lines[2], "webhook-id: %s", delivery->message_id);
	for (int i = 0; i < 3; i++)
		headers[i] = lines[i].data;
	outgoing_post(delivery->url, headers, delivery->payload, strlen(delivery->payload), ANSWER_MS, config.webhook_allow_private, posted, delivery);
	for (int i = 0; i < 3; i++)
		buf_free(&lines[i]);
}

/* "7 1 5d0c… https://host/path"; NULL for anything else. */
static Delivery *
read_delivery(const char *head, const char *payload)
{
	Delivery   *delivery = mem_alloc(sizeof(*delivery));
	int			url = 0;

	if (sscanf(head, "%" SCNd64 " %d %63s %n", &delivery->id, &delivery->attempt, delivery->message_id, &url) < 3 || url == 0)
	{
		free(delivery);
		return NULL;
	}
	delivery->url = mem_strdup(head + url);
	delivery->payload = mem_strdup(payload);
	return delivery;
}

static void
claimed(void *arg, const DbError *error, const DbRow *row)
{
	Delivery   *delivery = error == NULL ? read_delivery(row->first, row->second) : NULL;

	(void) arg;
	claim_call = NULL;
	if (delivery != NULL)
	{
		running++;
		post(delivery);
		webhooks_hurry();
	}
	else if (look_again)
		webhooks_hurry();
	else if (error != NULL)
	{
		log_debug("webhooks: %s", error->message);
		look_after(LOOK_AGAIN_MS);
	}
	else
		look_after(*row->first != '\0' ? atoll(row->first) : LOOK_MS);
}

static void
claim(void)
{
	char		lease[16];
	const char *const arguments[] = {lease};
	DbRequest	request = {
		.lane = PG_LANE_REQUEST,.writes = true,.tidy = true,.sql = "SELECT head, payload FROM xlsx_rest.webhooks_claim($1)",.count = 1,.arguments = arguments
	};

	if (claim_call != NULL || running >= MOST_RUNNING)
	{
		look_again = true;
		return;
	}
	look_again = false;
	snprintf(lease, sizeof(lease), "%d", LEASE_MS);
	claim_call = db_run(&request, claimed, NULL);
}

void
webhooks_hurry(void)
{
	look_after(0);
}

void
webhooks_open(void)
{
	if (config.webhook_secret == NULL)
		return;
	open_now = outgoing_open();
	if (!open_now)
		log_error("libcurl could not start, so no webhooks are sent");
	webhooks_hurry();
}

void
webhooks_close(void)
{
	if (!open_now)
		return;
	open_now = false;
	loop_timer_stop(&timer);
	outgoing_close();
}
