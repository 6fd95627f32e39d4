/* peer.c - who is at the other end of a socket. */
#include "http/guard_int.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

/* Credentials are those of the moment of connect() (unix(7), SO_PEERCRED). */
static void peer_unix(struct peer *p, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	(void)str_copy(p->address, sizeof(p->address), "unix");
	p->is_unix = p->is_local = true;
	p->is_trusted =
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
		(who.uid == 0 || who.uid == geteuid());
}

static void peer_ipv4(struct peer *p, const struct in_addr *a)
{
	p->is_local = (ntohl(a->s_addr) >> 24) == IN_LOOPBACKNET;
	if (inet_ntop(AF_INET, a, p->address, sizeof(p->address)) == NULL)
		p->address[0] = '\0';
}

static void peer_ipv6(struct peer *p, const struct in6_addr *a)
{
	struct in_addr mapped;

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		memcpy(&mapped, &a->s6_addr[12], sizeof(mapped));
		peer_ipv4(p, &mapped);
		return;
	}
	p->is_local = IN6_IS_ADDR_LOOPBACK(a);
	if (inet_ntop(AF_INET6, a, p->address, sizeof(p->address)) == NULL)
		p->address[0] = '\0';
}

bool peer_look(struct peer *p, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} a;
	socklen_t len = sizeof(a);

	memset(p, 0, sizeof(*p));
	memset(&a, 0, sizeof(a));
	if (getpeername(fd, &a.any, &len) != 0)
		return false;
	if (a.any.sa_family == AF_UNIX)
		peer_unix(p, fd);
	else if (a.any.sa_family == AF_INET)
		peer_ipv4(p, &a.v4.sin_addr);
	else if (a.any.sa_family == AF_INET6)
		peer_ipv6(p, &a.v6.sin6_addr);
	return true;
}
