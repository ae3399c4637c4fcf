/*
 * events.c
 *	  Events and their encodings; base64.
 */
#include "testing.h"

#include "base/base64.h"
#include "events/event.h"

static int	encoded;

static Frame *
encode(const char *name, const char *json, size_t len)
{
	(void) json;
	(void) len;
	encoded++;
	return frame_make(name, strlen(name));
}

static void
encoded_once(void **state)
{
	Event	   *event = event_make("ended!", 5, "{\"a\":1,\"seq\":7}", 15);

	(void) state;
	encoded = 0;
	assert_string_equal(event->name, "ended");
	assert_string_equal(event->json, "{\"a\":1,\"seq\":7}");
	assert_int_equal(event->seq, 7);
	assert_ptr_equal(event_frame(event, EVENT_SSE, encode), event_frame(event, EVENT_SSE, encode));
	assert_ptr_not_equal(event_frame(event, EVENT_SSE, encode), event_frame(event, EVENT_SOCKETIO, encode));
	assert_int_equal(encoded, 2);
	event_release(event_share(event));
	event_release(event);
}

static void
no_events(void **state)
{
	static const char *const texts[] = {"", "7", "[]", "{}", "{\"seq\":\"7\"}", "{\"seq\":7", "{\"seq\":0.5}"};

	(void) state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_null(event_make("x", 1, texts[i], strlen(texts[i])));
}

static bool
last(const char *name)
{
	Event	   *event = event_make(name, strlen(name), "{\"seq\":1}", 9);
	bool		is_last = event_is_last(event);

	event_release(event);
	return is_last;
}

static void
last_events(void **state)
{
	(void) state;
	assert_true(last("task-completed"));
	assert_true(last("task-failed"));
	assert_false(last("task-progress"));
	assert_false(last("processing-completed"));
}

static void
decodes_to(const char *text, const char *bytes)
{
	Buf			out = {0};

	assert_true(base64_decode(text, strlen(text), &out));
	assert_string_equal(out.data == NULL ? "" : out.data, bytes);
	buf_free(&out);
}

/* RFC 4648, 10 */
static void
base64_vectors(void **state)
{
	(void) state;
	decodes_to("", "");
	decodes_to("Zg==", "f");
	decodes_to("Zm8=", "fo");
	decodes_to("Zm8", "fo");
	decodes_to("Zm9v", "foo");
	decodes_to("Zm9vYmFy", "foobar");
	decodes_to("/+8=", "\xff\xef");
	decodes_to("_-8", "\xff\xef");
}

static void
base64_wrong(void **state)
{
	static const char *const texts[] = {"A", "AAAAA", "A*==", "AA=A", "AA\n"};
	Buf			out = {0};

	(void) state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(base64_decode(texts[i], strlen(texts[i]), &out));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an event is encoded once for each encoding", encoded_once),
		TEST("what has no number is no event", no_events),
		TEST("two events end a task", last_events),
		TEST("base64 in both alphabets, padded or not", base64_vectors),
		TEST("what is no base64 is refused", base64_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
