/*
 * outgoing.c
 *	  Requests of the sidecar to other servers, by libcurl, in the event loop.
 */
#include "http/outgoing.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/public_address.h"
#include "process/loop.h"

/* A socket of libcurl's, watched for it. */
typedef struct Socket
{
	struct Socket *next;
	curl_socket_t descriptor;
	LoopWatch  *watch;
	bool		wants_write;
} Socket;

typedef struct Outgoing
{
	struct Outgoing *next;
	CURL	   *curl;
	struct curl_slist *headers;
	char		error[CURL_ERROR_SIZE];
	bool		private_too;
	bool		refused;		/* an address was */
	size_t		taken;			/* bytes of the answer */
	OutgoingDone done;
	void	   *arg;
} Outgoing;

/* No more of an answer is read: its status comes first. */
#define MOST_ANSWER_BYTES 65536

static CURLM *multi;
static Socket *sockets;
static Outgoing *requests;
static Timer timer;

static void act(curl_socket_t descriptor, int events);

/*
 * The event loop does what libcurl asks for
 */

static Socket *
find_socket(curl_socket_t descriptor)
{
	Socket	   *found = sockets;

	while (found != NULL && found->descriptor != descriptor)
		found = found->next;
	return found;
}

static void
on_readable(void *arg)
{
	act(((Socket *) arg)->descriptor, CURL_CSELECT_IN);
}

/* The socket may be gone afterwards. */
static void
on_writable(void *arg)
{
	curl_socket_t descriptor = ((Socket *) arg)->descriptor;
	Socket	   *left;

	act(descriptor, CURL_CSELECT_OUT);
	left = find_socket(descriptor);
	if (left != NULL && left->wants_write)
		loop_watch_write(left->watch);
}

static const LoopWatchHandler socket_handler = {on_readable, on_writable};

static void
forget_socket(Socket *gone)
{
	Socket	  **link = &sockets;

	while (*link != gone)
		link = &(*link)->next;
	*link = gone->next;
	loop_forget(gone->watch);
	free(gone);
}

static Socket *
watch_socket(curl_socket_t descriptor)
{
	Socket	   *made = mem_alloc(sizeof(*made));

	made->descriptor = descriptor;
	made->watch = loop_watch(descriptor, &socket_handler, made);
	made->next = sockets;
	sockets = made;
	return made;
}

static int
on_socket(CURL *curl, curl_socket_t descriptor, int what, void *arg, void *unused)
{
	Socket	   *known = find_socket(descriptor);

	(void) curl;
	(void) arg;
	(void) unused;
	if (what == CURL_POLL_REMOVE)
	{
		if (known != NULL)
			forget_socket(known);
		return 0;
	}
	if (known == NULL)
		known = watch_socket(descriptor);
	if (known->watch == NULL)
		return -1;
	known->wants_write = (what & CURL_POLL_OUT) != 0;
	loop_watch_read(known->watch, (what & CURL_POLL_IN) != 0);
	if (known->wants_write)
		loop_watch_write(known->watch);
	return 0;
}

static void
on_time(Timer *fired)
{
	(void) fired;
	act(CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timer(CURLM *of, long ms, void *arg)
{
	(void) of;
	(void) arg;
	if (ms < 0)
		loop_timer_stop(&timer);
	else
		loop_timer_start(&timer, ms, on_time);
	return 0;
}

/*
 * Requests
 */

static void
free_request(Outgoing *request)
{
	Outgoing  **link = &requests;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	curl_multi_remove_handle(multi, request->curl);
	curl_easy_cleanup(request->curl);
	curl_slist_free_all(request->headers);
	free(request);
}

static void
finish(CURL *curl, CURLcode code)
{
	Outgoing   *request;
	long		status = 0;
	const char *error = NULL;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **) &request);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_WRITE_ERROR && request->taken > MOST_ANSWER_BYTES)
		code = CURLE_OK;
	if (code != CURLE_OK && request->refused)
		error = "the address is a loopback, private or link-local one";
	else if (code != CURLE_OK)
		error = request->error[0] != '\0' ? request->error : curl_easy_strerror(code);
	request->done(request->arg, (int) status, error);
	free_request(request);
}

static void
act(curl_socket_t descriptor, int events)
{
	int			running;
	int			left;
	CURLMsg    *message;

	curl_multi_socket_action(multi, descriptor, events, &running);
	while ((message = curl_multi_info_read(multi, &left)) != NULL)
	{
		if (message->msg == CURLMSG_DONE)
			finish(message->easy_handle, message->data.result);
	}
}

/* What the receiver answers besides its status, lines of the head and the body, is of no interest. */
static size_t
pass_over(char *data, size_t size, size_t count, void *arg)
{
	Outgoing   *request = arg;

	(void) data;
	request->taken += size * count;
	return request->taken > MOST_ANSWER_BYTES ? 0 : size * count;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	Outgoing   *request = arg;

	(void) purpose;
	if (!request->private_too && !public_address(&address->addr))
	{
		request->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void
set_options(Outgoing *request, const char *url, const char *body, size_t len, int timeout_ms)
{
	CURL	   *curl = request->curl;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) len);
	curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "pg_xlsx_notifier/" NOTIFIER_VERSION);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) timeout_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_over);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, pass_over);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, request);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->error);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, request);
	/* A request that is over does not wait for the thread that looks its name up, and everybody with it. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	/* A connection that is kept would be that of a request whose addresses might be others. */
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
}

void
outgoing_post(const char *url, const char *const *headers, const char *body, size_t len, int timeout_ms, bool private_too,
			  OutgoingDone done, void *arg)
{
	Outgoing   *request = mem_alloc(sizeof(*request));

	request->curl = curl_easy_init();
	request->private_too = private_too;
	request->done = done;
	request->arg = arg;
	request->next = requests;
	requests = request;
	request->headers = curl_slist_append(NULL, "Content-Type: application/json");
	request->headers = curl_slist_append(request->headers, "Expect:");
	for (; *headers != NULL; headers++)
		request->headers = curl_slist_append(request->headers, *headers);
	set_options(request, url, body, len, timeout_ms);
	curl_multi_add_handle(multi, request->curl);
}

bool
outgoing_open(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (multi = curl_multi_init()) == NULL)
		return false;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	return true;
}

void
outgoing_close(void)
{
	if (multi == NULL)
		return;
	while (requests != NULL)
		free_request(requests);
	curl_multi_cleanup(multi);
	while (sockets != NULL)
		forget_socket(sockets);
	loop_timer_stop(&timer);
	curl_global_cleanup();
	multi = NULL;
}
