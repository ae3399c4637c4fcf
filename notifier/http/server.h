/*
 * server.h
 *	  The listening side: takes connections and gives their events to http.c and ws.c.
 */
#ifndef NOTIFIER_SERVER_H
#define NOTIFIER_SERVER_H

#include <stdbool.h>

#include "http/http.h"

/* False when it cannot listen; said in the log.  Port 0 is replaced by the one that was taken. */
extern bool server_open(HttpHandler handler, HttpUpgradeHandler upgrade, int *port);

#endif							/* NOTIFIER_SERVER_H */
