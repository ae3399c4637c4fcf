/*
 * tls.h
 *	  The certificate, if the settings name one.
 */
#ifndef NOTIFIER_TLS_H
#define NOTIFIER_TLS_H

#include <libwebsockets.h>
#include <stdbool.h>

/* Fills in libwebsockets' parameters for its context and its listener. */
extern void tls_prepare(struct lws_context_creation_info *info);

/* Takes the listener's SSL_CTX from the library's callback. */
extern void tls_use(void *ssl_ctx);

/* Reads the files again, for connections from now on. If they are wrong, the log says why and the old ones stay. */
extern void tls_reload(void);

#endif							/* NOTIFIER_TLS_H */
