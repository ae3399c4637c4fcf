/*
 * docs.c
 *	  The descriptions of the REST interface and of the events.
 *
 * The documents are parts of the program. The page consists of files that are
 * installed beside it, and is missing if they are.
 */
#include "api/docs.h"

#include <string.h>

#include "http/static_files.h"
#include "process/config.h"
#include "process/log.h"

#define EMBED(name, file) \
	__asm__(".section .rodata\n" \
			".global " #name "_begin\n" \
			".global " #name "_end\n" \
			#name "_begin:\n" \
			".incbin \"" file "\"\n" \
			#name "_end:\n" \
			".previous\n"); \
	extern const char name##_begin[]; \
	extern const char name##_end[]

EMBED(openapi, NOTIFIER_OPENAPI);
EMBED(asyncapi, NOTIFIER_ASYNCAPI);

static StaticRoot *page;

void
docs_open(void)
{
	page = static_root_open(config.docs_root);
	if (page == NULL)
		log_debug("no page at /docs: \"%s\" is not there", config.docs_root);
}

static void
serve_document(HttpExchange *exchange, const char *begin, const char *end)
{
	http_add_header(exchange, "Cache-Control", "no-cache");
	http_reply(exchange, 200, "application/json; charset=utf-8", begin, (size_t) (end - begin));
}

void
docs_openapi(HttpExchange *exchange, const char *id)
{
	(void) id;
	serve_document(exchange, openapi_begin, openapi_end);
}

void
docs_asyncapi(HttpExchange *exchange, const char *id)
{
	(void) id;
	serve_document(exchange, asyncapi_begin, asyncapi_end);
}

bool
docs_request(HttpExchange *exchange)
{
	static const char prefix[] = "/docs";
	const char *path = http_path(exchange);

	if (page == NULL || strncmp(path, prefix, strlen(prefix)) != 0)
		return false;
	path += strlen(prefix);
	if (*path == '\0')
	{
		http_add_header(exchange, "Location", "docs/");
		http_reply(exchange, 308, NULL, NULL, 0);
		return true;
	}
	if (*path != '/')
		return false;
	return static_root_serve(page, exchange, path);
}
