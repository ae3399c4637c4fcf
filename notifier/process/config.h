/*
 * config.h
 *	  The settings: from the command line, the environment, a file, or the default, in this order.
 *
 * Strings belong to the configuration and live as long as the process.
 */
#ifndef NOTIFIER_CONFIG_H
#define NOTIFIER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Config
{
	const char *database_url;
	const char *listen_database_url;	/* never NULL after config_load() */
	const char *listen;
	int64_t		port;
	const char *web_root;		/* NULL: none */
	const char *docs_root;
	const char *tls_certificate;	/* NULL: no TLS */
	const char *tls_key;
	const char *cors_origin;	/* NULL: unset; gate.h has the rule */
	const char *host;			/* NULL: none */
	const char *log_level;
	const char *log_format;

	const char *jwt_secret;		/* NULL: none; the same for the next ones */
	const char *jwt_public_key;
	const char *jwt_role_claim; /* never NULL */
	const char *jwt_audience;
	const char *metrics_token;	/* NULL: none */
	const char *events_log;		/* NULL: none; "-": standard output */
	const char *webhook_secret; /* NULL: no webhooks are sent */
	int64_t		webhook_allow_private;	/* a flag */
	int64_t		webhook_backoff;	/* milliseconds */
	int64_t		webhook_attempts;
	int64_t		jwt_allow_superuser;	/* a flag */
	int64_t		jwt_single_claims;	/* a flag */
	int64_t		allow_superuser;	/* a flag, for the sidecar's own login */
	int64_t		allow_open;		/* a flag */

	const char *path;			/* of Socket.IO; starts and ends with a slash */
	const char *base_path;		/* of everything; starts and ends with a slash */
	const char *nsp;
	int64_t		ping_interval;	/* milliseconds; the same for the next ones */
	int64_t		ping_timeout;
	int64_t		connect_timeout;
	int64_t		upgrade_timeout;
	int64_t		max_payload;	/* bytes */
	int64_t		max_queue;		/* bytes */

	int64_t		max_upload_size;	/* bytes */
	int64_t		max_uploads;
	int64_t		max_downloads;
	int64_t		max_connections;
	int64_t		pool_size;
	int64_t		request_timeout;	/* milliseconds */
	int64_t		rights_interval;	/* milliseconds */
	int64_t		metrics_interval;	/* milliseconds */
	int64_t		stop_timeout;	/* milliseconds */
} Config;

extern Config config;

typedef enum ConfigResult
{
	CONFIG_RUN,
	CONFIG_EXIT,				/* --help or --version was answered */
	CONFIG_WRONG				/* written to standard error */
} ConfigResult;

extern ConfigResult config_load(int argc, char **argv);

/* Is it an address to listen on that only this machine reaches? Or the name of its interface. */
extern bool config_is_loopback(const char *address);

#endif							/* NOTIFIER_CONFIG_H */
