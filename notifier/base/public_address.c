/*
 * public_address.c
 *	  Addresses that anybody on the internet may have.
 */
#include "base/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

typedef struct Net
{
	uint32_t	address;
	int			bits;
} Net;

/* The registry of special addresses of IPv4 (IANA), and multicast. */
static const Net special[] = {
	{0x00000000, 8}, {0x0A000000, 8}, {0x64400000, 10}, {0x7F000000, 8}, {0xA9FE0000, 16}, {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24},
	{0xC0586300, 24}, {0xC0A80000, 16}, {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4}, {0xF0000000, 4},
};

static bool
is_public4(uint32_t address)
{
	for (size_t i = 0; i < lengthof(special); i++)
	{
		if ((address ^ special[i].address) >> (32 - special[i].bits) == 0)
			return false;
	}
	return true;
}

static uint32_t
embedded(const uint8_t *bytes)
{
	return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

/*
 * Global unicast addresses (2000::/3) without those for protocols (2001::/23), for texts (2001:db8::/32, 3fff::/20) and of
 * 6to4 (2002::/16); and translated ones (64:ff9b::/96), which lead to one of IPv4. Mapped ones (::ffff:0:0/96) do, too.
 */
static bool
is_public6(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	static const uint8_t translated[12] = {0x00, 0x64, 0xFF, 0x9B};

	if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, translated, 12) == 0)
		return is_public4(embedded(bytes + 12));
	if ((bytes[0] & 0xE0) != 0x20)
		return false;
	if (bytes[0] == 0x20 && bytes[1] == 0x01)
		return bytes[2] >= 2 && !(bytes[2] == 0x0D && bytes[3] == 0xB8);
	if (bytes[0] == 0x3F && bytes[1] == 0xFF)
		return bytes[2] >= 0x10;
	return !(bytes[0] == 0x20 && bytes[1] == 0x02);
}

bool
public_address(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return is_public4(ntohl(((const struct sockaddr_in *) address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
		return is_public6(((const struct sockaddr_in6 *) address)->sin6_addr.s6_addr);
	return false;
}
