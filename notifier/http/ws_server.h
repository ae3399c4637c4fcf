/*
 * ws_server.h
 *	  The functions of ws.c that server.c calls from libwebsockets' callbacks; -1 closes
 *	  the connection.
 */
#ifndef NOTIFIER_WS_SERVER_H
#define NOTIFIER_WS_SERVER_H

#include "http/http.h"

extern void ws_established(HttpExchange *exchange);
extern int	ws_receive(HttpExchange *exchange, const char *data, size_t len);
extern int	ws_writable(HttpExchange *exchange);
extern void ws_closed(HttpExchange *exchange);

#endif							/* NOTIFIER_WS_SERVER_H */
