/*
 * packets.c
 *	  Engine.IO and Socket.IO packets, accepted and refused as by the official
 *	  parsers.
 */
#include "testing.h"

#include "engineio/packet.h"
#include "socketio/packet.h"

static void
engine_packets(void **state)
{
	EioPacket	packet;

	(void) state;
	assert_true(eio_packet_decode("4hello", 6, &packet));
	assert_int_equal(packet.type, EIO_MESSAGE);
	assert_int_equal(packet.len, 5);
	assert_false(packet.binary);
	assert_true(eio_packet_decode("3", 1, &packet));
	assert_int_equal(packet.type, EIO_PONG);
	assert_int_equal(packet.len, 0);
	assert_true(eio_packet_decode("bAQID", 5, &packet));
	assert_true(packet.binary);
	assert_false(eio_packet_decode("", 0, &packet));
	assert_false(eio_packet_decode("7", 1, &packet));
	assert_false(eio_packet_decode("abc", 3, &packet));
}

static void
engine_payloads(void **state)
{
	const char *text;
	size_t		len;
	EioPayload	payload = eio_payload("4a\x1e" "bAQ==\x1e" "3", 9);

	(void) state;
	assert_true(eio_payload_next(&payload, &text, &len));
	assert_memory_equal(text, "4a", len);
	assert_true(eio_payload_next(&payload, &text, &len));
	assert_int_equal(len, 5);
	assert_true(eio_payload_next(&payload, &text, &len));
	assert_memory_equal(text, "3", len);
	assert_false(eio_payload_next(&payload, &text, &len));

	payload = eio_payload("", 0);
	assert_true(eio_payload_next(&payload, &text, &len));
	assert_int_equal(len, 0);
	assert_false(eio_payload_next(&payload, &text, &len));

	payload = eio_payload("4a\x1e", 3);
	assert_true(eio_payload_next(&payload, &text, &len));
	assert_true(eio_payload_next(&payload, &text, &len));
	assert_int_equal(len, 0);
}

static bool
decodes(const char *text, SioPacket *packet)
{
	return sio_packet_decode(text, strlen(text), packet);
}

static void
socket_packets_taken(void **state)
{
	static const char *const good[] = {
		"0", "0{}", "0{\"token\":\"a\"}", "0/ns", "0/ns,", "0/ns,{}", "1", "1/ns,", "2[\"a\"]", "2[5,1]", "2", "2/ns,",
		"2/ns,12[\"a\",{}]", "3/ns,12[]", "3[]", "4{}", "4\"x\"", "51-[\"a\",{\"_placeholder\":true,\"num\":0}]",
		"61-/ns,3[{\"_placeholder\":true,\"num\":0}]", "510-[\"a\"]", "2[\"connecting\"]",
	};
	SioPacket	packet;

	(void) state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		if (!decodes(good[i], &packet))
			fail_msg("refused: %s", good[i]);
	}
	assert_true(decodes("2/ns,0012[\"a\",1]", &packet));
	assert_int_equal(packet.type, SIO_EVENT);
	assert_memory_equal(packet.nsp, "/ns", packet.nsp_len);
	assert_int_equal(packet.id_len, 2);
	assert_memory_equal(packet.id, "12", 2);
	assert_true(packet.has_data);
	assert_true(decodes("20[\"a\"]", &packet));
	assert_int_equal(packet.id_len, 1);
	assert_memory_equal(packet.nsp, "/", packet.nsp_len);
	assert_true(decodes("52-[\"a\"]", &packet));
	assert_int_equal(packet.attachments, 2);
}

static void
socket_packets_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "7", "x", "-1", "0[]", "0\"x\"", "0null", "0{", "1{}", "1/ns,[]", "2{}", "2\"a\"", "2[]", "2[{}]", "2[null]", "2[[]]",
		"2[\"a\"", "2[\"a\"]x", "2x", "2[\"connect\"]", "2[\"connect_error\"]", "2[\"disconnect\"]",
		"2[\"disconnecting\"]", "2[\"newListener\"]", "2[\"removeListener\"]", "2[\"conn\\u0065ct\"]", "3{}", "4[]", "4 ",
		"5[\"a\"]", "5-[\"a\"]", "50-[\"a\"]", "511-[\"a\"]", "51[\"a\"]", "5999999999999999999-[\"a\"]", "5x-[\"a\"]", "5",
		"2123456789012345678901234567890123[\"a\"]", "2[\"\xFF\"]",
	};
	SioPacket	packet;

	(void) state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		if (decodes(bad[i], &packet))
			fail_msg("taken: %s", bad[i]);
	}
}

static void
placeholders(void **state)
{
	SioPacket	packet;

	(void) state;
	assert_true(decodes("51-[\"a\",{\"x\":[{\"_placeholder\":true,\"num\":0}]}]", &packet));
	assert_true(sio_packet_placeholders(&packet));
	assert_true(decodes("51-[\"a\",{\"_placeholder\":false,\"num\":5}]", &packet));
	assert_true(sio_packet_placeholders(&packet));
	assert_true(decodes("51-[\"a\",[{\"_placeholder\":true,\"num\":1}]]", &packet));
	assert_false(sio_packet_placeholders(&packet));
	assert_true(decodes("51-[\"a\",{\"b\":{\"_placeholder\":true}}]", &packet));
	assert_false(sio_packet_placeholders(&packet));
	assert_true(decodes("51-[\"a\",{\"_placeholder\":true,\"num\":-1}]", &packet));
	assert_false(sio_packet_placeholders(&packet));
}

static void
encodes(void **state)
{
	Buf			buf = {0};

	(void) state;
	sio_packet_start(&buf, SIO_EVENT, "/upload-xlsx", NULL);
	assert_string_equal(buf.data, "42/upload-xlsx,");
	buf_clear(&buf);
	sio_packet_start(&buf, SIO_ACK, "/", "12");
	assert_string_equal(buf.data, "4312");
	buf_clear(&buf);
	sio_packet_start(&buf, SIO_CONNECT_ERROR, "/x", NULL);
	assert_string_equal(buf.data, "44/x,");
	buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("engine packets", engine_packets),
		TEST("payloads fall into packets, empty ones included", engine_payloads),
		TEST("socket packets of every type are taken", socket_packets_taken),
		TEST("what the official parser throws at is refused", socket_packets_refused),
		TEST("placeholders must point to an attachment", placeholders),
		TEST("packets are written with namespace and id", encodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
