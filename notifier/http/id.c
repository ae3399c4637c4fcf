/*
 * id.c
 *	  The id of a request, for the log.
 */
#include "http/http.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/random_id.h"
#include "http/exchange.h"

#define MAX_REQUEST_ID 64

/* The id is written to headers and logs unchanged, so only these characters are allowed. */
static bool
is_request_id(const char *text)
{
	size_t		len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/+=@");

	return len > 0 && len <= MAX_REQUEST_ID && text[len] == '\0';
}

void
http_identify(HttpExchange *exchange)
{
	static char process[RANDOM_ID_LEN + 1];
	char		given[MAX_REQUEST_ID + 2];
	Buf			made = {0};

	if (http_header(exchange, "x-request-id:", given, sizeof(given)) && is_request_id(given))
	{
		exchange->request_id = mem_strdup(given);
		return;
	}
	if (process[0] == '\0')
		random_id_make(process);
	buf_printf(&made, "%.8s-%u", process, exchange->id);
	exchange->request_id = made.data;
}

const char *
http_id(const HttpExchange *exchange)
{
	return exchange->request_id == NULL ? "" : exchange->request_id;
}
