/*
 * tls.h
 *	  The certificate, where the settings name one.
 */
#ifndef NOTIFIER_TLS_H
#define NOTIFIER_TLS_H

#include <libwebsockets.h>
#include <stdbool.h>

/* What libwebsockets must be told when its context and its listener are made. */
extern void tls_prepare(struct lws_context_creation_info *info);

/* The listener's SSL_CTX, as the library's callback has it. */
extern void tls_use(void *ssl_ctx);

/* Reads the files again, for connections from now on.  What is wrong is logged, and the old ones stay. */
extern void tls_reload(void);

#endif							/* NOTIFIER_TLS_H */
