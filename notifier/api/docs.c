/*
 * docs.c
 *	  The description of the REST interface.
 *
 * The document is a part of the program. The page consists of files that are
 * installed beside it, and is missing if they are.
 */
#include "api/docs.h"

#include <string.h>

#include "http/static_files.h"
#include "process/config.h"
#include "process/log.h"

__asm__(".section .rodata\n"
		".global openapi_begin\n"
		".global openapi_end\n"
		"openapi_begin:\n"
		".incbin \"" NOTIFIER_OPENAPI "\"\n"
		"openapi_end:\n"
		".previous\n");

extern const char openapi_begin[];
extern const char openapi_end[];

static StaticRoot *page;

void
docs_open(void)
{
	page = static_root_open(config.docs_root);
	if (page == NULL)
		log_debug("no page at /docs: \"%s\" is not there", config.docs_root);
}

void
docs_openapi(HttpExchange *exchange, const char *id)
{
	(void) id;
	http_add_header(exchange, "Cache-Control", "no-cache");
	http_reply(exchange, 200, "application/json; charset=utf-8", openapi_begin, (size_t) (openapi_end - openapi_begin));
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
