/*
 * web_origin.h
 *	  Hosts and origins as browsers write them: the headers Host and Origin (RFC 6454, RFC 9110).
 *
 * Pure, and strict: what is not of exactly this form is none, so that nothing
 * that only looks like a known host passes for it.
 */
#ifndef NOTIFIER_WEB_ORIGIN_H
#define NOTIFIER_WEB_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_HOST_SIZE 256

typedef struct WebHost
{
	char		name[WEB_HOST_SIZE];	/* small letters; an IPv6 address has its brackets */
	int			port;			/* 0: none was given */
} WebHost;

/* "name", "name:port", "[::1]:port"; false when it is none. */
extern bool web_host_parse(const char *text, size_t len, WebHost *host);

/* "http://name:port" or "https://…", without a path; the port of the scheme where none is given. */
extern bool web_origin_parse(const char *text, size_t len, WebHost *host, bool *tls);

/* localhost, an address of 127.0.0.0/8, [::1] or ::1: names that only this machine answers to. */
extern bool web_host_is_loopback(const char *name);

/* The next of a list divided by commas and spaces; false at its end. Start with *at at the list. */
extern bool web_list_next(const char **at, const char **item, size_t *len);

#endif							/* NOTIFIER_WEB_ORIGIN_H */
