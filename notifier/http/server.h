/*
 * server.h
 *	  The listening side: accepts connections and passes their events to http.c and
 *	  ws.c.
 */
#ifndef NOTIFIER_SERVER_H
#define NOTIFIER_SERVER_H

#include <stdbool.h>

#include "http/http.h"

/* False if it cannot listen; the log says why. Port 0 is replaced by the port that the system chose. */
extern bool server_open(HttpHandler handler, HttpUpgradeHandler upgrade, int *port);

#endif							/* NOTIFIER_SERVER_H */
