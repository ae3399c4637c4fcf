/*
 * public_address.c
 *	  Addresses that are public, and those that lead to this machine, its network, or nowhere.
 */
#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/public_address.h"

static bool
is_public(const char *text)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return public_address((const struct sockaddr *) &four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return public_address((const struct sockaddr *) &six);
}

static void
public_ones(void **state)
{
	static const char *const all[] = {
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
		"2001:4860::8888", "3ffe::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", NULL
	};

	(void) state;
	for (int i = 0; all[i] != NULL; i++)
		assert_true(is_public(all[i]));
}

static void
others(void **state)
{
	static const char *const all[] = {
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
		"192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::192.168.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff::1", "2001:db8::1",
		"2002:7f00:1::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", NULL
	};
	struct sockaddr unix_socket = {.sa_family = AF_UNIX};

	(void) state;
	for (int i = 0; all[i] != NULL; i++)
		assert_false(is_public(all[i]));
	assert_false(public_address(&unix_socket));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("addresses that anybody may have are public", public_ones),
		TEST("loopback, private, link-local, reserved and embedded ones are not", others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
