/*
 * static_files.c
 *	  Serves the files of a folder unchanged.
 *
 * A path is walked folder by folder without following links, and no name
 * starts with a dot, so that nothing outside the folder can be reached.
 */
#include "http/static_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define BLOCK 65536

/* The page may run its own scripts only, may contact its own origin only, and may not be shown in another site's frame. */
#define SECURITY_POLICY \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* Files below this path have their hash in the name, so they never change. */
#define HASHED "/assets/"

typedef struct Type
{
	const char *extension;
	const char *name;
} Type;

static const Type types[] = {
	{"html", "text/html; charset=utf-8"}, {"js", "text/javascript; charset=utf-8"}, {"mjs", "text/javascript; charset=utf-8"},
	{"css", "text/css; charset=utf-8"}, {"json", "application/json"}, {"svg", "image/svg+xml"}, {"png", "image/png"},
	{"ico", "image/x-icon"}, {"woff2", "font/woff2"}, {"map", "application/json"}, {"txt", "text/plain; charset=utf-8"},
};

struct StaticRoot
{
	char	   *path;
};

static int
open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

StaticRoot *
static_root_open(const char *folder)
{
	int			descriptor = open_folder(folder);
	StaticRoot *root;

	if (descriptor < 0)
		return NULL;
	close(descriptor);
	root = mem_alloc(sizeof(*root));
	root->path = mem_strdup(folder);
	return root;
}

static const char *
type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < lengthof(types); i++)
	{
		if (strcmp(dot + 1, types[i].extension) == 0)
			return types[i].name;
	}
	return "application/octet-stream";
}

/* Returns a descriptor, or -1 if there is no such file. Closes folder. */
static int
open_in(int folder, const char *name)
{
	int			found = name[0] == '.' ? -1 : openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	close(folder);
	return found;
}

/* Opens the root by its name each time, because an installation may have replaced the folder. */
static int
open_path(const StaticRoot *root, const char *path)
{
	char		name[256];
	int			at = open_folder(root->path);

	while (*path == '/')
		path++;
	if (*path == '\0')
		return at < 0 ? -1 : open_in(at, "index.html");
	while (at >= 0 && *path != '\0')
	{
		size_t		len = strcspn(path, "/");

		snprintf(name, sizeof(name), "%.*s", (int) len, path);
		at = open_in(at, *name == '\0' || len >= sizeof(name) ? "." : name);
		path += len;
		path += strspn(path, "/");
	}
	return at;
}

/*
 * The answer
 */

static int
descriptor_of(const HttpExchange *exchange)
{
	return (int) (intptr_t) http_owner(exchange);
}

static void
on_writable(HttpExchange *exchange)
{
	char		block[BLOCK];
	int			file = descriptor_of(exchange);
	ssize_t		len = read(file, block, sizeof(block));

	if (len > 0)
		http_stream_write(exchange, block, (size_t) len);
	else
	{
		close(file);
		if (len == 0)
			http_stream_end(exchange);
		else
			http_abort(exchange);
	}
}

static void
on_gone(HttpExchange *exchange)
{
	close(descriptor_of(exchange));
}

static const HttpHooks hooks = {.writable = on_writable,.gone = on_gone};

static void
answer(HttpExchange *exchange, int file, const struct stat *status, const char *path)
{
	char		tag[64];
	char		known[64] = "";

	snprintf(tag, sizeof(tag), "\"%llx-%llx\"", (long long) status->st_mtime, (long long) status->st_size);
	http_header(exchange, "if-none-match:", known, sizeof(known));
	http_add_header(exchange, "ETag", tag);
	http_add_header(exchange, "Cache-Control", strncmp(http_path(exchange), HASHED, strlen(HASHED)) == 0 ?
					"public, max-age=31536000, immutable" : "no-cache");
	http_add_header(exchange, "Content-Security-Policy", SECURITY_POLICY);
	http_add_header(exchange, "X-Content-Type-Options", "nosniff");
	http_add_header(exchange, "Referrer-Policy", "no-referrer");
	if (strcmp(tag, known) == 0)
	{
		close(file);
		http_reply(exchange, 304, NULL, NULL, 0);
		return;
	}
	http_own(exchange, &hooks, (void *) (intptr_t) file);
	http_stream_start(exchange, 200, type_of(path));
}

bool
static_root_serve(StaticRoot *root, HttpExchange *exchange, const char *path)
{
	struct stat status;
	int			file;

	if (root == NULL || (http_method(exchange) != HTTP_GET && http_method(exchange) != HTTP_HEAD))
		return false;
	file = open_path(root, path);
	if (file < 0)
		return false;
	if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
	{
		close(file);
		return false;
	}
	answer(exchange, file, &status, path[strspn(path, "/")] == '\0' ? "index.html" : path);
	return true;
}
