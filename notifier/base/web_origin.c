/*
 * web_origin.c
 *	  Hosts and origins as browsers write them.
 */
#include "base/web_origin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define SEPARATORS ", \t"

/* A port from 1 to 65535 in at most five digits; 0 if it is not. */
static int
parse_port(const char *text, size_t len)
{
	int			port = 0;

	if (len == 0 || len > 5)
		return 0;
	for (size_t i = 0; i < len; i++)
	{
		if (!isdigit((unsigned char) text[i]))
			return 0;
		port = port * 10 + (text[i] - '0');
	}
	return port <= 65535 ? port : 0;
}

/* Length of the name in front of the port; 0 if there is no name. */
static size_t
name_len(const char *text, size_t len)
{
	const char *allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
	bool		brackets = len > 0 && text[0] == '[';
	size_t		at = brackets;

	if (brackets)
		allowed = "0123456789abcdefABCDEF:.";
	while (at < len && text[at] != '\0' && strchr(allowed, text[at]) != NULL)
		at++;
	if (!brackets)
		return at;
	return at > 1 && at < len && text[at] == ']' ? at + 1 : 0;
}

bool
web_host_parse(const char *text, size_t len, WebHost *host)
{
	size_t		name = name_len(text, len);

	if (name == 0 || name >= sizeof(host->name))
		return false;
	for (size_t i = 0; i < name; i++)
		host->name[i] = (char) tolower((unsigned char) text[i]);
	host->name[name] = '\0';
	host->port = 0;
	if (name == len)
		return true;
	if (text[name] != ':')
		return false;
	host->port = parse_port(text + name + 1, len - name - 1);
	return host->port != 0;
}

bool
web_origin_parse(const char *text, size_t len, WebHost *host, bool *tls)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < lengthof(schemes); i++)
	{
		size_t		scheme = strlen(schemes[i]);

		if (len <= scheme || strncasecmp(text, schemes[i], scheme) != 0)
			continue;
		*tls = i == 1;
		if (!web_host_parse(text + scheme, len - scheme, host))
			return false;
		if (host->port == 0)
			host->port = *tls ? 443 : 80;
		return true;
	}
	return false;
}

/* Four numbers of at most three digits, the first of which is 127. */
static bool
is_loopback_address(const char *text)
{
	for (int part = 0; part < 4; part++)
	{
		size_t		len = strspn(text, "0123456789");
		long		number = strtol(text, NULL, 10);

		if (len == 0 || len > 3 || number > 255 || (part == 0 && number != 127) || text[len] != (part < 3 ? '.' : '\0'))
			return false;
		text += len + 1;
	}
	return true;
}

bool
web_host_is_loopback(const char *name)
{
	return strcmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0 || strcmp(name, "::1") == 0 || is_loopback_address(name);
}

bool
web_list_next(const char **at, const char **item, size_t *len)
{
	*at += strspn(*at, SEPARATORS);
	*item = *at;
	*len = strcspn(*at, SEPARATORS);
	*at += *len;
	return *len > 0;
}
