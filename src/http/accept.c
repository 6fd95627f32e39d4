/* accept.c - Accept-Encoding and If-None-Match. */
#include "http/accept.h"

#include <string.h>
#include <strings.h>

/* The next member of a list with commas, without the blanks around it; NULL at
 * the end. No member of these two headers holds a comma that we look for. */
static const char *next_member(const char **at, size_t *len)
{
	const char *s = *at + strspn(*at, ", \t");
	size_t n = strcspn(s, ",");

	*at = s + n;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	*len = n;
	return n > 0 ? s : NULL;
}

/* Whether ";q=" with nothing but zeros and a point follows. */
static bool is_refused(const char *weight, size_t len)
{
	size_t n = 0;

	while (n < len && strchr("; \t", weight[n]) != NULL)
		n++;
	if (len - n < 3 || strncasecmp(weight + n, "q=", 2) != 0)
		return false;
	return strspn(weight + n + 2, "0.") >= len - n - 2;
}

static bool is_coding(const char *member, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(member, name, len) == 0;
}

bool accept_gzip(const char *header)
{
	bool is_any = false;
	const char *member;
	size_t len;

	while (header != NULL && (member = next_member(&header, &len))) {
		size_t name = strcspn(member, "; \t");
		bool ok;

		name = name < len ? name : len;
		ok = !is_refused(member + name, len - name);
		if (is_coding(member, name, "gzip"))
			return ok;
		is_any = is_any || (ok && is_coding(member, name, "*"));
	}
	return is_any;
}

bool accept_has_tag(const char *header, const char *tag)
{
	const char *member;
	size_t len;

	while (header != NULL && (member = next_member(&header, &len))) {
		if (len == 1 && *member == '*')
			return true;
		if (len > 2 && strncmp(member, "W/", 2) == 0) {
			member += 2;
			len -= 2;
		}
		if (len == strlen(tag) && memcmp(member, tag, len) == 0)
			return true;
	}
	return false;
}
