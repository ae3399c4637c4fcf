/*
 * session.h
 *	  The inside of a session, for the eio_*.c files only.
 *
 * States: OPEN -> CLOSING (what is queued is still to be sent) -> CLOSED.  A
 * closed session keeps its memory until the loop is back at its top, so that
 * whoever is in the middle of it can still look at its state.
 *
 * Transport: polling, until an upgrade is complete, or WebSocket.  During an
 * upgrade "probe" is the WebSocket that tries.
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
	void		(*wake) (EioSession *session);	/* something was queued */
	void		(*end) (EioSession *session);	/* CLOSING: say goodbye after the queue */
	void		(*drop) (EioSession *session);	/* CLOSED: let go of requests and sockets */
} EioTransport;

struct EioSession
{
	char		sid[RANDOM_ID_LEN + 1];
	EioState	state;
	const EioTransport *transport;
	void	   *client;			/* of the handler; NULL when it was told of the end */
	FrameQueue	queue;
	Timer		heartbeat;		/* to the next ping; or to the end, when awaiting_pong */
	bool		awaiting_pong;
	bool		extended;		/* the wait for this pong, once */

	HttpExchange *poll;			/* the GET that waits */
	HttpExchange *post;			/* the POST that arrives */
	Buf			body;			/* of post */
	Timer		flush;			/* answers the poll at the loop's top; or gives a closing session up */

	WebSocket  *socket;
	WebSocket  *probe;
	bool		probed;			/* the probe was answered: polls end at once */
	bool		probe_reply;	/* it is still to be answered */
	Timer		upgrade;
};

extern const EioTransport eio_polling;
extern const EioTransport eio_websocket;

extern EioSession *eio_session_open(const EioTransport *transport);
extern EioSession *eio_session_find(const char *sid);	/* also one that is CLOSING; NULL when there is none */

/* A packet that came in; false when the session is not OPEN any more, because of it or before. */
extern bool eio_session_receive(EioSession *session, const EioPacket *packet);

/* The end, at once. */
extern void eio_session_drop(EioSession *session, const char *reason);

/* WebSocket it is from now on. */
extern void eio_session_upgraded(EioSession *session);

/* engineio/polling.c: a request for this session. */
extern void eio_polling_request(EioSession *session, HttpExchange *exchange);
extern void eio_polling_noop(EioSession *session);	/* ends a GET that waits */

/* engineio/websocket.c */
extern void eio_websocket_open(void);
extern void eio_websocket_abandon_probe(EioSession *session);

#endif							/* NOTIFIER_EIO_ENGINEIO_SESSION_H */
