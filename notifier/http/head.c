/*
 * head.c
 *	  The head of an answer.
 */
#include "http/http.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "http/exchange.h"

typedef struct Reason
{
	int			status;
	const char *text;
} Reason;

static const Reason reasons[] = {
	{200, "OK"}, {201, "Created"}, {204, "No Content"}, {304, "Not Modified"}, {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"},
	{403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {409, "Conflict"}, {410, "Gone"}, {429, "Too Many Requests"}, {411, "Length Required"},
	{412, "Precondition Failed"}, {413, "Payload Too Large"}, {415, "Unsupported Media Type"}, {431, "Request Header Fields Too Large"}, {460, "Checksum Mismatch"}, {500, "Internal Server Error"}, {503, "Service Unavailable"},
};

void
http_add_header(HttpExchange *exchange, const char *name, const char *value)
{
	buf_printf(&exchange->headers, "%s: %s\r\n", name, value);
}

const char *
http_reason(int status)
{
	for (size_t i = 0; i < lengthof(reasons); i++)
	{
		if (reasons[i].status == status)
			return reasons[i].text;
	}
	return "";
}

static void
put_date(Buf *out)
{
	char		date[64];
	time_t		now = time(NULL);
	struct tm	utc;

	gmtime_r(&now, &utc);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
	buf_printf(out, "Date: %s\r\n", date);
}

static void
put_cors(Buf *out, const char *origin, bool credentials)
{
	if (origin != NULL)
	{
		buf_printf(out, "Access-Control-Allow-Origin: %s\r\n", origin);
		if (credentials)
			buf_puts(out, "Access-Control-Allow-Credentials: true\r\n");
		buf_puts(out, "Access-Control-Expose-Headers: Content-Disposition, Location, Retry-After, Task-Id, Tus-Checksum-Algorithm, "
				 "Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset, "
				 "X-Request-Id\r\n");
	}
	if (origin == NULL || strcmp(origin, "*") != 0)
		buf_puts(out, "Vary: Origin\r\n");
}

void
exchange_put_head(HttpExchange *exchange, int status, const char *type)
{
	Buf		   *out = &exchange->out;

	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	put_date(out);
	put_cors(out, exchange->allow_origin, exchange->allow_credentials);
	if (type != NULL)
		buf_printf(out, "Content-Type: %s\r\n", type);
	if (exchange->request_id != NULL)
		buf_printf(out, "X-Request-Id: %s\r\n", exchange->request_id);
	if (exchange->must_close)
		buf_puts(out, "Connection: close\r\n");
	buf_append(out, exchange->headers.data, exchange->headers.len);
	buf_clear(&exchange->headers);
}
