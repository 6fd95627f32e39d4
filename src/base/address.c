/* address.c - see address.h. */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/nets.h"

enum { MAPPED_AT = 12 };

static const struct {
	uint32_t net;
	unsigned bits;
} nets4[] = {
	{0x00000000, 8},  /* "this" network, with 0.0.0.0 */
	{0xa9fe0000, 16}, /* link-local, with 169.254.169.254 */
	{0x646464c8, 32}, /* 100.100.100.200, metadata of Alibaba Cloud */
	{0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static const struct {
	unsigned char net[sizeof(struct in6_addr)];
	unsigned bits;
} nets6[] = {
	{{0}, 128},	    /* :: */
	{{0xfe, 0x80}, 10}, /* link-local */
	{{0xff}, 8},	    /* multicast */
	{{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
	 128}, /* metadata of AWS */
};

/* Prefixes of 96 bits with an IPv4 address behind. */
static const unsigned char holders[][MAPPED_AT] = {
	{[10] = 0xff, [11] = 0xff},
	{0x00, 0x64, 0xff, 0x9b},
};

/* Of address_allow_only(); none: all. Written before there are threads. */
static struct nets allowed;

static bool is_forbidden4(uint32_t a)
{
	for (size_t i = 0; i < sizeof(nets4) / sizeof(nets4[0]); i++) {
		if ((a ^ nets4[i].net) >> (32 - nets4[i].bits) == 0)
			return true;
	}
	return false;
}

static bool is_forbidden6(const unsigned char *a)
{
	uint32_t inner;

	for (size_t i = 0; i < sizeof(nets6) / sizeof(nets6[0]); i++) {
		if (nets_same_prefix(a, nets6[i].net, nets6[i].bits))
			return true;
	}
	for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
		if (memcmp(a, holders[i], MAPPED_AT) != 0)
			continue;
		memcpy(&inner, a + MAPPED_AT, sizeof(inner));
		return is_forbidden4(ntohl(inner));
	}
	return false;
}

static bool is_never_right(const struct sockaddr *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->sa_family == AF_INET) {
		memcpy(&v4, a, sizeof(v4));
		return is_forbidden4(ntohl(v4.sin_addr.s_addr));
	}
	memcpy(&v6, a, sizeof(v6));
	return is_forbidden6(v6.sin6_addr.s6_addr);
}

bool address_allow_only(const char *list)
{
	if (nets_parse(list, &allowed))
		return true;
	memset(&allowed, 0, sizeof(allowed));
	return false;
}

bool address_is_limited(void)
{
	return allowed.count > 0;
}

bool address_is_forbidden(const struct sockaddr *a)
{
	if (a->sa_family != AF_INET && a->sa_family != AF_INET6)
		return false;
	return is_never_right(a) ||
	       (allowed.count > 0 && !nets_have(&allowed, a));
}

bool address_text_is_forbidden(const char *host)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	/* Also "127.1" and "0x7f000001", as resolvers take them. */
	if (inet_aton(host, &v4.sin_addr) != 0)
		return address_is_forbidden((const struct sockaddr *)&v4);
	return inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 &&
	       address_is_forbidden((const struct sockaddr *)&v6);
}

const char *address_forbidden_text(void)
{
	if (address_is_limited())
		return "the address is in no network of the setting "
		       "allowed_addresses, or it is link-local, of a cloud's "
		       "metadata, multicast or \"any\": name another, or have "
		       "its network added there";
	return "the address is link-local, of a cloud's metadata, multicast or "
	       "\"any\", where no source and no store is: name another";
}
