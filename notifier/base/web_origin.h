/*
 * web_origin.h
 *	  Hosts and origins as browsers write them: the headers Host and Origin (RFC 6454, RFC 9110).
 *
 * Strict: text in any other form is refused, so that nothing that only looks
 * like a known host is taken for it.
 */
#ifndef NOTIFIER_WEB_ORIGIN_H
#define NOTIFIER_WEB_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_HOST_SIZE 256

typedef struct WebHost
{
	char		name[WEB_HOST_SIZE];	/* in lower case; an IPv6 address has its brackets */
	int			port;			/* 0: none was given */
} WebHost;

/* Parses "name", "name:port" or "[::1]:port"; false for any other text. */
extern bool web_host_parse(const char *text, size_t len, WebHost *host);

/* Parses "http://name:port" or "https://…", without a path. Without a port the scheme's own is used. */
extern bool web_origin_parse(const char *text, size_t len, WebHost *host, bool *tls);

/* localhost, an address of 127.0.0.0/8, [::1] or ::1: names that always mean this machine. */
extern bool web_host_is_loopback(const char *name);

/* The next item of a list that is divided by commas and spaces; false at its end. Set *at to the list before the first call. */
extern bool web_list_next(const char **at, const char **item, size_t *len);

#endif							/* NOTIFIER_WEB_ORIGIN_H */
