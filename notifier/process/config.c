/*
 * config.c
 *	  The settings, as one table.
 */
#include "process/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/signature.h"
#include "base/web_origin.h"
#include "process/log.h"

typedef enum SettingType
{
	TYPE_TEXT,
	TYPE_FLAG,
	TYPE_NUMBER,
	TYPE_BYTES,
	TYPE_TIME
} SettingType;

typedef struct Setting
{
	const char *name;
	SettingType type;
	void	   *target;
	const char *fallback;		/* in the form of a configuration file; NULL: unset */
	int64_t		least;
	int64_t		greatest;
	const char *help;
} Setting;

typedef struct Unit
{
	const char *name;
	int64_t		factor;
} Unit;

/* The source of a value. A later source does not replace the value of an earlier one. */
typedef enum Source
{
	FROM_DEFAULT,
	FROM_FILE,
	FROM_ENVIRONMENT,
	FROM_COMMAND_LINE
} Source;

#define DAY_MS (24 * 3600 * 1000LL)
#define GIB (1024LL * 1024 * 1024)

Config		config;

static const char *config_file;

static const Setting settings[] = {
	{"config", TYPE_TEXT, &config_file, NULL, 0, 0,
	"File with settings, one \"name = value\" a line; # starts a comment."},
	{"database-url", TYPE_TEXT, &config.database_url, "", 0, 0,
	"Database, as postgresql:// address or key=value pairs; missing parts come from PGHOST and so on."},
	{"listen-database-url", TYPE_TEXT, &config.listen_database_url, NULL, 0, 0,
	"The same database by a connection that keeps its session, if database-url leads through PgBouncer in transaction mode."},
	{"listen", TYPE_TEXT, &config.listen, "127.0.0.1", 0, 0,
	"Address to listen on."},
	{"port", TYPE_NUMBER, &config.port, "8080", 0, 65535,
	"Port to listen on; 0 chooses a free one. The first line on standard output names it."},
	{"web-root", TYPE_TEXT, &config.web_root, NOTIFIER_WEB_ROOT, 0, 0,
	"Folder whose files are served at /: the page, if it is installed. Empty: none."},
	{"tls-certificate", TYPE_TEXT, &config.tls_certificate, NULL, 0, 0,
	"File with the certificate and its chain (PEM): HTTPS instead of HTTP. It is read again on SIGHUP."},
	{"tls-key", TYPE_TEXT, &config.tls_key, NULL, 0, 0,
	"File with the certificate's key (PEM)."},
	{"docs-root", TYPE_TEXT, &config.docs_root, NOTIFIER_DOCS, 0, 0,
	"Folder with the page that is served at /docs."},
	{"cors-origin", TYPE_TEXT, &config.cors_origin, NULL, 0, 0,
	"Origins whose pages may call: *, or a list divided by commas. Unset: with a key all may, because a token is needed; without a key none. Without a key, origins on loopback hosts always may."},
	{"host", TYPE_TEXT, &config.host, NULL, 0, 0,
	"Hosts by which clients reach the server, as a list divided by commas: requests to other names are refused. Without a key, loopback hosts, those of cors-origin and the address itself are accepted as well; other names are refused even if host is unset, unless cors-origin is *."},
	{"log-level", TYPE_TEXT, &config.log_level, "info", 0, 0,
	"error, warning, info or debug."},

	{"log-format", TYPE_TEXT, &config.log_format, "text", 0, 0,
	"text, or json: one object in each line."},

	{"jwt-secret", TYPE_TEXT, &config.jwt_secret, NULL, 0, 0,
	"Secret of HS256, HS384 or HS512, 32 bytes at least. With it, or with jwt-public-key, every request needs a token, and runs as the role that the token names."},
	{"jwt-public-key", TYPE_TEXT, &config.jwt_public_key, NULL, 0, 0,
	"File with the RSA or EC public key (PEM) that verifies tokens."},
	{"jwt-role-claim", TYPE_TEXT, &config.jwt_role_claim, "role", 0, 0,
	"Claim that names the role."},
	{"jwt-audience", TYPE_TEXT, &config.jwt_audience, NULL, 0, 0,
	"Value that the claim aud must hold; unset: the claim is not checked."},
	{"jwt-allow-superuser", TYPE_FLAG, &config.jwt_allow_superuser, "off", 0, 1,
	"May a token name a superuser?"},
	{"jwt-single-claims", TYPE_FLAG, &config.jwt_single_claims, "off", 0, 1,
	"Set each claim of a token as request.jwt.claim.NAME, too? request.jwt.claims has all of them as JSON in any case."},
	{"allow-superuser", TYPE_FLAG, &config.allow_superuser, "off", 0, 1,
	"May the sidecar itself log in as a superuser? (jwt-allow-superuser is about tokens.)"},
	{"allow-open", TYPE_FLAG, &config.allow_open, "off", 0, 1,
	"Without a key, listen on other addresses than loopback ones. Then everybody who reaches the port may do everything that the sidecar's role may do."},

	{"metrics-token", TYPE_TEXT, &config.metrics_token, NULL, 0, 0,
	"Token with which /metrics is read where requests need a token and listen is no loopback address: Authorization: Bearer. Unset: nobody reads it there."},

	{"webhook-secret", TYPE_TEXT, &config.webhook_secret, NULL, 0, 0,
	"Secret that signs webhooks (Standard Webhooks): whsec_ and base64, or a text, 24 bytes at least; several, divided by blanks, while one replaces another. Unset: this sidecar sends no webhooks."},
	{"webhook-allow-private", TYPE_FLAG, &config.webhook_allow_private, "off", 0, 1,
	"May webhooks go to loopback, private and link-local addresses? Whoever may make profiles chooses the addresses."},
	{"webhook-backoff", TYPE_TIME, &config.webhook_backoff, "5s", 1, DAY_MS,
	"Time after which a webhook that failed is sent again; it doubles with each attempt, up to 12 hours."},
	{"webhook-attempts", TYPE_NUMBER, &config.webhook_attempts, "12", 1, 100,
	"Attempts after which a webhook is given up."},
	{"events-log", TYPE_TEXT, &config.events_log, NULL, 0, 0,
	"File to which each event of a task is appended as a line of JSON, or - for standard output. It is opened again on SIGHUP."},

	{"base-path", TYPE_TEXT, &config.base_path, "/", 0, 0,
	"Path below which clients find everything, like /app/, where a proxy passes it on. Where the proxy removes it, leave it unset."},
	{"path", TYPE_TEXT, &config.path, "/socket.io/", 0, 0,
	"Path of Socket.IO."},
	{"namespace", TYPE_TEXT, &config.nsp, "/upload-xlsx", 0, 0,
	"Socket.IO namespace of the tasks' events."},
	{"ping-interval", TYPE_TIME, &config.ping_interval, "25s", 10, DAY_MS,
	"Time between two heartbeats."},
	{"ping-timeout", TYPE_TIME, &config.ping_timeout, "20s", 10, DAY_MS,
	"Time that a client has to answer a heartbeat."},
	{"connect-timeout", TYPE_TIME, &config.connect_timeout, "45s", 10, DAY_MS,
	"Time that a client has to join a namespace."},
	{"upgrade-timeout", TYPE_TIME, &config.upgrade_timeout, "10s", 10, DAY_MS,
	"Time that an upgrade to WebSocket may take."},
	{"max-payload", TYPE_BYTES, &config.max_payload, "1000000", 1024, GIB,
	"Largest message or polling body that a client may send."},
	{"max-queue", TYPE_BYTES, &config.max_queue, "4MB", 65536, GIB,
	"Bytes that may wait for one client; a client that does not read is dropped."},

	{"max-upload-size", TYPE_BYTES, &config.max_upload_size, "1GB", 1, 1024 * GIB,
	"Largest workbook."},
	{"max-uploads", TYPE_NUMBER, &config.max_uploads, "8", 1, 1000,
	"Chunks of uploads (256 kB) that are on their way into the database at a time, each on one connection; further chunks wait. 32 times as many uploads may be open; further ones get 503 with Retry-After."},
	{"max-downloads", TYPE_NUMBER, &config.max_downloads, "4", 1, 1000,
	"Errors workbooks and templates that the database makes at a time, each on one connection; further ones wait. 32 times as many downloads may be open; further ones get 503 with Retry-After."},
	{"max-connections", TYPE_NUMBER, &config.max_connections, "16384", 16, 1000000,
	"Client connections at a time; further clients wait. The limit on open files is set accordingly."},
	{"pool-size", TYPE_NUMBER, &config.pool_size, "4", 1, 1000,
	"Database connections for everything except uploads and downloads."},
	{"request-timeout", TYPE_TIME, &config.request_timeout, "30s", 100, DAY_MS,
	"Longest time of a request in the database, with the wait for a connection; and longest time until the next piece of a body."},
	{"rights-interval", TYPE_TIME, &config.rights_interval, "50s", 50, 60000,
	"Time after which the database is asked again whether members of rooms and event streams may see their tasks, once for each task and identity."},
	{"metrics-interval", TYPE_TIME, &config.metrics_interval, "5s", 0, 3600000,
	"Time after which /metrics asks the database again; until then it repeats what the database said. 0: each time, one query at a time."},
	{"stop-timeout", TYPE_TIME, &config.stop_timeout, "10s", 0, DAY_MS,
	"Time for requests in flight to finish after SIGTERM."},
};

static const Unit byte_units[] = {{"B", 1}, {"kB", 1024}, {"MB", 1024 * 1024}, {"GB", GIB}, {"TB", 1024 * GIB}, {"", 1}};
static const Unit time_units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", DAY_MS}, {"", 1}};

static Source sources[lengthof(settings)];

/*
 * Values
 */

static bool
apply_unit(const char *name, const Unit *units, size_t count, int64_t *number)
{
	for (size_t i = 0; i < count; i++)
	{
		if (strcmp(name, units[i].name) == 0)
			return !__builtin_mul_overflow(*number, units[i].factor, number);
	}
	return false;
}

static bool
parse_flag(const char *text, int64_t *number)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};

	for (size_t i = 0; i < lengthof(words); i++)
	{
		if (strcmp(text, words[i]) == 0)
		{
			*number = i % 2;
			return true;
		}
	}
	return false;
}

static bool
parse_number(const Setting *setting, const char *text, int64_t *number)
{
	char	   *end;

	if (setting->type == TYPE_FLAG)
		return parse_flag(text, number);
	errno = 0;
	*number = strtoll(text, &end, 10);
	if (errno != 0 || end == text)
		return false;
	while (*end == ' ')
		end++;
	switch (setting->type)
	{
		case TYPE_BYTES:
			return apply_unit(end, byte_units, lengthof(byte_units), number);
		case TYPE_TIME:
			return apply_unit(end, time_units, lengthof(time_units), number);
		default:
			return *end == '\0';
	}
}

/* Takes ownership of value: settings own their texts. */
static void
set_text(const char **target, char *value)
{
	free((char *) *target);
	*target = value;
}

static bool
assign(size_t index, const char *text, Source source)
{
	const Setting *setting = &settings[index];
	int64_t		number;

	if (sources[index] > source)
		return true;
	if (setting->type == TYPE_TEXT)
		set_text((const char **) setting->target, mem_strdup(text));
	else if (parse_number(setting, text, &number) && number >= setting->least && number <= setting->greatest)
		*(int64_t *) setting->target = number;
	else
	{
		fprintf(stderr, "invalid value for %s: \"%s\"\n", setting->name, text);
		return false;
	}
	sources[index] = source;
	return true;
}

/* Index of a setting; dashes and underscores are equal. -1 if there is no such setting. */
static int
find(const char *name, size_t len)
{
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		const char *known = settings[i].name;
		size_t		at = 0;

		while (at < len && known[at] != '\0' && (name[at] == known[at] || (name[at] == '_' && known[at] == '-')))
			at++;
		if (at == len && known[at] == '\0')
			return (int) i;
	}
	return -1;
}

/*
 * Sources
 */

static void
print_wrapped(const char *text)
{
	const size_t width = 74;

	while (strlen(text) > width)
	{
		size_t		cut = width;

		while (text[cut] != ' ')
			cut--;
		printf("      %.*s\n", (int) cut, text);
		text += cut + 1;
	}
	printf("      %s\n", text);
}

static void
print_help(void)
{
	puts("pg_xlsx_notifier serves the tasks of the pg_xlsx extension to web frontends: REST and Socket.IO.\n\n"
		 "Usage: pg_xlsx_notifier [--name=value | --name value]...\n\n"
		 "A setting comes from the command line, else from the environment (DATABASE_URL,\n"
		 "otherwise PGXLSX_ and its name: PGXLSX_PORT), else from the file, else its default.\n"
		 "Sizes take B, kB, MB, GB, TB; times take ms, s, min, h, d; flags take on and off,\n"
		 "and on the command line a flag alone is on.\n");
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		const char *fallback = settings[i].fallback;

		printf("  --%s%s%s%s\n", settings[i].name,
			   fallback != NULL && *fallback ? " (" : "", fallback != NULL ? fallback : "", fallback != NULL && *fallback ? ")" : "");
		print_wrapped(settings[i].help);
	}
	puts("  --help, --version");
}

/* A flag without a value is on. */
static const char *
argument_value(const Setting *setting, const char *next)
{
	int64_t		number;

	if (setting->type == TYPE_FLAG && (next == NULL || !parse_flag(next, &number)))
		return NULL;
	return next;
}

static ConfigResult
read_command_line(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
	{
		const char *name = argv[i];
		const char *value;
		size_t		len;
		int			index;

		if (strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0)
		{
			if (name[2] == 'h')
				print_help();
			else
				puts("pg_xlsx_notifier " NOTIFIER_VERSION);
			return CONFIG_EXIT;
		}
		len = strcspn(name, "=");
		index = strncmp(name, "--", 2) == 0 ? find(name + 2, len - 2) : -1;
		if (index < 0)
		{
			fprintf(stderr, "unknown setting \"%s\"; --help names them all\n", name);
			return CONFIG_WRONG;
		}
		value = name[len] == '=' ? name + len + 1 : argument_value(&settings[index], argv[i + 1]);
		if (value != NULL && name[len] != '=')
			i++;
		if (value == NULL && settings[index].type == TYPE_FLAG)
			value = "on";
		if (value == NULL)
		{
			fprintf(stderr, "%s needs a value\n", name);
			return CONFIG_WRONG;
		}
		if (!assign((size_t) index, value, FROM_COMMAND_LINE))
			return CONFIG_WRONG;
	}
	return CONFIG_RUN;
}

static const char *
environment_value(const char *name)
{
	char		variable[64] = "PGXLSX_";
	size_t		len = strlen(variable);
	const char *value;

	for (; *name != '\0' && len < sizeof(variable) - 1; name++)
		variable[len++] = *name == '-' ? '_' : (char) toupper((unsigned char) *name);
	value = getenv(variable);
	if (value == NULL && strcmp(variable, "PGXLSX_DATABASE_URL") == 0)
		value = getenv("DATABASE_URL");
	return value;
}

static bool
read_environment(void)
{
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		const char *value = environment_value(settings[i].name);

		if (value != NULL && !assign(i, value, FROM_ENVIRONMENT))
			return false;
	}
	return true;
}

static char *
trim(char *text)
{
	size_t		len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	return text;
}

static bool
read_line(char *line, int number)
{
	char	   *name = trim(line);
	char	   *value;
	int			index;

	if (*name == '\0' || *name == '#')
		return true;
	value = strchr(name, '=');
	if (value == NULL)
	{
		fprintf(stderr, "%s, line %d: \"name = value\" expected\n", config_file, number);
		return false;
	}
	*value = '\0';
	name = trim(name);
	index = find(name, strlen(name));
	if (index < 0)
	{
		fprintf(stderr, "%s, line %d: unknown setting \"%s\"\n", config_file, number, name);
		return false;
	}
	return assign((size_t) index, trim(value + 1), FROM_FILE);
}

static bool
read_file(void)
{
	char		line[4096];
	FILE	   *file;
	bool		good = true;

	if (config_file == NULL)
		return true;
	file = fopen(config_file, "r");
	if (file == NULL)
	{
		fprintf(stderr, "could not open %s: %s\n", config_file, strerror(errno));
		return false;
	}
	for (int number = 1; good && fgets(line, sizeof(line), file) != NULL; number++)
		good = read_line(line, number);
	fclose(file);
	return good;
}

/*
 * Conditions between settings
 */

bool
config_is_loopback(const char *address)
{
	return web_host_is_loopback(address) || strcmp(address, "lo") == 0;
}

static void
end_with_slash(const char **path)
{
	char	   *longer;

	if ((*path)[strlen(*path) - 1] == '/')
		return;
	longer = mem_alloc(strlen(*path) + 2);
	strcpy(longer, *path);
	strcat(longer, "/");
	set_text(path, longer);
}

static bool
complete(void)
{
	LogLevel	level;

	if (!log_level_parse(config.log_level, &level))
	{
		fprintf(stderr, "invalid value for log-level: \"%s\"\n", config.log_level);
		return false;
	}
	log_set_level(level);
	if (strcmp(config.log_format, "text") != 0 && strcmp(config.log_format, "json") != 0)
	{
		fprintf(stderr, "invalid value for log-format: \"%s\"\n", config.log_format);
		return false;
	}
	log_set_json(strcmp(config.log_format, "json") == 0);
	if (config.path[0] != '/' || config.nsp[0] != '/' || config.nsp[1] == '\0' || strlen(config.nsp) > 200 ||
		strpbrk(config.nsp, ",\"\\") != NULL)
	{
		fputs("path and namespace must start with a slash, and a namespace has no comma, quote or backslash\n", stderr);
		return false;
	}
	if (config.base_path[0] != '/' || strstr(config.base_path, "//") != NULL || strpbrk(config.base_path, "?#% ") != NULL)
	{
		fprintf(stderr, "invalid value for base-path: \"%s\" is not a path like /app/\n", config.base_path);
		return false;
	}
	end_with_slash(&config.path);
	end_with_slash(&config.base_path);
	if (config.jwt_secret == NULL && config.jwt_public_key == NULL && !config.allow_open && !config_is_loopback(config.listen))
	{
		fprintf(stderr, "refusing to listen on %s without a key: set jwt-secret or jwt-public-key, "
				"or allow-open where all who reach the port may do everything\n", config.listen);
		return false;
	}
	/* The page need not be installed, but a folder that a setting names must exist. */
	if (config.web_root[0] == '\0' || (strcmp(config.web_root, NOTIFIER_WEB_ROOT) == 0 && access(config.web_root, R_OK) != 0))
		set_text(&config.web_root, NULL);
	if ((config.tls_certificate == NULL) != (config.tls_key == NULL))
	{
		fputs("tls-certificate and tls-key belong together\n", stderr);
		return false;
	}
	if (config.metrics_token != NULL && config.metrics_token[0] == '\0')
	{
		fputs("invalid value for metrics-token: it is empty\n", stderr);
		return false;
	}
	if (config.webhook_secret != NULL && signature_problem(config.webhook_secret) != NULL)
	{
		fprintf(stderr, "invalid value for webhook-secret: %s\n", signature_problem(config.webhook_secret));
		return false;
	}
	if (config.listen_database_url == NULL)
		config.listen_database_url = config.database_url;
	return true;
}

ConfigResult
config_load(int argc, char **argv)
{
	ConfigResult result;

	for (size_t i = 0; i < lengthof(settings); i++)
	{
		if (settings[i].fallback != NULL && !assign(i, settings[i].fallback, FROM_DEFAULT))
			return CONFIG_WRONG;
	}
	result = read_command_line(argc, argv);
	if (result != CONFIG_RUN)
		return result;
	return read_environment() && read_file() && complete() ? CONFIG_RUN : CONFIG_WRONG;
}
