/*
 * head_size.c
 *	  Measures the head of a request.
 */
#include "http/head_size.h"

#include <linux/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define IPPROTO_TCP_LEVEL 6		/* netinet/in.h cannot be included beside linux/tcp.h */

int64_t
head_size_read(int descriptor)
{
	struct tcp_info info;
	socklen_t	len = sizeof(info);
	int			waiting = 0;

	memset(&info, 0, sizeof(info));
	if (getsockopt(descriptor, IPPROTO_TCP_LEVEL, TCP_INFO, &info, &len) != 0 ||
		len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received) ||
		ioctl(descriptor, FIONREAD, &waiting) != 0)
		return 0;
	return (int64_t) info.tcpi_bytes_received - waiting;
}
