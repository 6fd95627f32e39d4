/* nets.c - see nets.h. */
#include "base/nets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { IPV4_AT = 12, IPV4_BITS = 32, ALL_BITS = 128 };

static const char blanks[] = " \t";
static const unsigned char mapped[IPV4_AT] = {[10] = 0xff, [11] = 0xff};

bool nets_same_prefix(const unsigned char *a, const unsigned char *b,
		      unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool is_ipv4(const unsigned char *address)
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* Bits behind the prefix are zero. */
static bool is_clean(const struct net *n)
{
	static const unsigned char zeros[NET_BYTES];
	unsigned at = n->bits / 8, rest = n->bits % 8;

	if (rest != 0 && (n->address[at++] & (0xff >> rest)) != 0)
		return false;
	return memcmp(n->address + at, zeros, NET_BYTES - at) == 0;
}

static bool read_address(const char *text, struct net *n)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		memcpy(n->address, mapped, sizeof(mapped));
		memcpy(n->address + IPV4_AT, &v4, sizeof(v4));
		n->bits = IPV4_BITS;
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	memcpy(n->address, &v6, sizeof(v6));
	n->bits = ALL_BITS;
	return true;
}

/* "ADDRESS" or "ADDRESS/BITS" */
static bool read_net(char *text, struct net *n)
{
	char *slash = strchr(text, '/');
	unsigned long long bits;
	unsigned width;

	if (slash != NULL)
		*slash++ = '\0';
	if (!read_address(text, n))
		return false;
	width = n->bits;
	if (slash != NULL) {
		if (strlen(slash) > 3 || !str_to_u64(slash, &bits) ||
		    bits > width)
			return false;
		n->bits = (unsigned)bits;
	}
	n->bits += ALL_BITS - width;
	return is_clean(n);
}

/* The next one of the list; false: it is none. */
static bool next_net(const char **list, struct net *n)
{
	char text[INET6_ADDRSTRLEN + sizeof("/128")];
	const char *at = *list + strspn(*list, blanks);
	size_t len = strcspn(at, ",");

	*list = at + len + (at[len] == ',');
	/* "a," has nothing behind its comma. */
	if (at[len] == ',' && **list == '\0')
		return false;
	while (len > 0 && strchr(blanks, at[len - 1]) != NULL)
		len--;
	if (len >= sizeof(text))
		return false;
	memcpy(text, at, len);
	text[len] = '\0';
	return read_net(text, n);
}

bool nets_parse(const char *list, struct nets *out)
{
	memset(out, 0, sizeof(*out));
	while (*list != '\0') {
		if (out->count == NETS_MAX ||
		    !next_net(&list, &out->all[out->count++]))
			return false;
	}
	return true;
}

bool nets_are_right(const char *list)
{
	struct nets *n = malloc(sizeof(*n));
	bool is_right = n != NULL && nets_parse(list, n);

	free(n);
	return is_right;
}

/* "::/0" is all of IPv6, and IPv4 is not part of that. */
static bool holds(const struct net *n, const unsigned char *address)
{
	bool is_net4 = is_ipv4(n->address) && n->bits >= ALL_BITS - IPV4_BITS;

	return is_net4 == is_ipv4(address) &&
	       nets_same_prefix(n->address, address, n->bits);
}

bool nets_have(const struct nets *n, const struct sockaddr *a)
{
	unsigned char address[NET_BYTES];
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->sa_family == AF_INET) {
		memcpy(&v4, a, sizeof(v4));
		memcpy(address, mapped, sizeof(mapped));
		memcpy(address + IPV4_AT, &v4.sin_addr, sizeof(v4.sin_addr));
	} else if (a->sa_family == AF_INET6) {
		memcpy(&v6, a, sizeof(v6));
		memcpy(address, &v6.sin6_addr, sizeof(address));
	} else {
		return false;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (holds(&n->all[i], address))
			return true;
	}
	return false;
}
