/*
 * session.h
 *	  The inside of a session, for the files of this folder only.
 *
 * States: OPEN -> CLOSING (what is queued is still to be sent) -> CLOSED.  A
 * closed session keeps its memory until the loop is back at its top, so that
 * callers that are still using it can read its state.
 *
 * Transport: polling, until an upgrade is complete, or WebSocket.  During an
 * upgrade "probe" is the new WebSocket.
 */
#ifndef NOTIFIER_EIO_ENGINEIO_SESSION_H
#define NOTIFIER_EIO_ENGINEIO_SESSION_H

#include "base/buf.h"
#include "base/frame_queue.h"
#include "base/random_id.h"
#include "base/timer.h"
#include "engineio/engineio.h"
#include "engineio/packet.h"
#include "http/ws.h"

typedef enum EioState
{
	EIO_STATE_OPEN,
	EIO_STATE_CLOSING,
	EIO_STATE_CLOSED
} EioState;

/* How a session reaches its client. */
typedef struct EioTransport
{
	const char *name;
	void		(*wake) (EioSession *session);	/* called after something was queued */
	void		(*end) (EioSession *session);	/* CLOSING: send the close packet after the queue */
	void		(*drop) (EioSession *session);	/* CLOSED: release requests and sockets */
} EioTransport;

struct EioSession
{
	char		sid[RANDOM_ID_LEN + 1];
	EioState	state;
	const EioTransport *transport;
	void	   *client;			/* the handler's; NULL after closed() */
	FrameQueue	queue;
	Timer		heartbeat;		/* until the next ping, or until the end if awaiting_pong */
	bool		awaiting_pong;
	bool		extended;		/* the wait for this pong was extended, which happens once */

	HttpExchange *poll;			/* the GET that waits */
	HttpExchange *post;			/* the POST that arrives */
	Buf			body;			/* of post */
	Timer		flush;			/* answers the poll at the loop's top, or ends a closing session */

	WebSocket  *socket;
	WebSocket  *probe;
	bool		probed;			/* the probe was answered: polls end at once */
	bool		probe_reply;	/* the probe has not been answered */
	Timer		upgrade;
};

extern const EioTransport eio_polling;
extern const EioTransport eio_websocket;

extern EioSession *eio_session_open(const EioTransport *transport);
extern EioSession *eio_session_find(const char *sid);	/* finds CLOSING sessions too; NULL if there is none */

/* Handles a packet of the client. False if the session is not OPEN any more, because of the packet or from before. */
extern bool eio_session_receive(EioSession *session, const EioPacket *packet);

/* Ends the session at once. */
extern void eio_session_drop(EioSession *session, const char *reason);

/* Makes the WebSocket the transport from now on. */
extern void eio_session_upgraded(EioSession *session);

/* Of polling.c: handles a request for this session. */
extern void eio_polling_request(EioSession *session, HttpExchange *exchange);
extern void eio_polling_noop(EioSession *session);	/* ends a GET that waits */

/* of websocket.c */
extern void eio_websocket_open(void);
extern void eio_websocket_abandon_probe(EioSession *session);

#endif							/* NOTIFIER_EIO_ENGINEIO_SESSION_H */
