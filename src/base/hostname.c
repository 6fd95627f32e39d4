/* hostname.c - see hostname.h. */
#include "base/hostname.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

static const char blanks[] = " \t";

/* Also '_', which is in names of containers. */
static bool is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80 || (!isalnum(c) && strchr("-._", c) == NULL))
			return false;
	}
	return len > 0 && s[0] != '.';
}

/* ":" and digits, or nothing (RFC 3986, section 3.2.3). */
static bool is_port(const char *s, size_t len)
{
	unsigned long long port;
	char digits[8];

	if (len <= 1)
		return len == 0 || s[0] == ':';
	if (s[0] != ':' || len > sizeof(digits))
		return false;
	memcpy(digits, s + 1, len - 1);
	digits[len - 1] = '\0';
	return str_to_u64(digits, &port) && port <= UINT16_MAX;
}

static void copy_lower(char *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (char)tolower((unsigned char)s[i]);
	out[len] = '\0';
}

/* "[::1]:port" */
static bool bracketed(const char *s, size_t len, char *out)
{
	const char *end = memchr(s, ']', len);
	size_t n = end != NULL ? (size_t)(end - s) - 1 : 0;
	struct in6_addr ignored;

	if (n == 0 || n >= INET6_ADDRSTRLEN || !is_port(end + 1, len - n - 2))
		return false;
	copy_lower(out, s + 1, n);
	return inet_pton(AF_INET6, out, &ignored) == 1;
}

static bool host_of(const char *s, size_t len, char *out)
{
	const char *colon;
	size_t n = len;

	if (len > 0 && s[0] == '[')
		return bracketed(s, len, out);
	colon = len > 0 ? memchr(s, ':', len) : NULL;
	if (colon != NULL)
		n = (size_t)(colon - s);
	if (n >= HOSTNAME_BUF || !is_name(s, n) || !is_port(s + n, len - n))
		return false;
	/* "name." is the same name, told in full. */
	copy_lower(out, s, s[n - 1] == '.' ? n - 1 : n);
	return true;
}

bool hostname_of(const char *authority, char out[HOSTNAME_BUF])
{
	return host_of(authority, strlen(authority), out);
}

bool hostname_is_address(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	return inet_pton(AF_INET, host, &v4) == 1 ||
	       inet_pton(AF_INET6, host, &v6) == 1;
}

/* The next name of the list, whose host goes to out; false: it is none. */
static bool list_next(const char **list, char *out)
{
	const char *at = *list + strspn(*list, blanks);
	size_t len = strcspn(at, ",");

	*list = at + len + (at[len] == ',');
	while (len > 0 && strchr(blanks, at[len - 1]) != NULL)
		len--;
	return host_of(at, len, out);
}

bool hostname_list_is_right(const char *list)
{
	char host[HOSTNAME_BUF];
	size_t len = strlen(list);

	if (len > 0 && list[len - 1] == ',')
		return false;
	while (*list != '\0') {
		if (!list_next(&list, host))
			return false;
	}
	return true;
}

bool hostname_list_has(const char *list, const char *host)
{
	char one[HOSTNAME_BUF];

	while (*list != '\0') {
		if (list_next(&list, one) && strcmp(one, host) == 0)
			return true;
	}
	return false;
}
