/*
 * keys.c - patterns of key names, as the servers read them (KEYS): a class
 * ends with its first ']' or the pattern, '^' turns it round, a range may be
 * told backwards, a backslash at the end stands for itself. One difference: to
 * them an empty name fits "*", but not "**".
 */
#include "sources/redis/rdb/keys.h"

struct range {
	unsigned char low, high;
};

/* One character or range of a class; returns what is behind it. */
static const char *read_range(const char *p, struct range *range)
{
	if (p[0] == '\\' && p[1] != '\0')
		p++;
	else if (p[1] == '-' && p[2] != '\0') {
		unsigned char a = (unsigned char)p[0], b = (unsigned char)p[2];

		range->low = a < b ? a : b;
		range->high = a < b ? b : a;
		return p + 3;
	}
	range->low = range->high = (unsigned char)*p;
	return p + 1;
}

/* p: behind the '['. Returns what is behind the class. */
static const char *class_fits(const char *p, unsigned char c, bool *fits)
{
	bool is_turned = *p == '^', is_in = false;

	if (is_turned)
		p++;
	while (*p != '\0' && *p != ']') {
		struct range range;

		p = read_range(p, &range);
		is_in = is_in || (c >= range.low && c <= range.high);
	}
	*fits = is_in != is_turned;
	return *p == ']' ? p + 1 : p;
}

/* One character of the pattern, no '*', against one of the name. Returns what
 * is behind it; NULL: it does not fit. */
static const char *step_fits(const char *p, unsigned char c)
{
	bool fits;

	if (*p == '\0')
		return NULL;
	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		p = class_fits(p + 1, c, &fits);
		return fits ? p : NULL;
	}
	if (*p == '\\' && p[1] != '\0')
		p++;
	return (unsigned char)*p == c ? p + 1 : NULL;
}

/*
 * After a '*' fits as little as can be; where the rest then does not fit, the
 * last one takes a character more. Those before it need not: what they could
 * take, it can.
 */
bool redis_glob_fits(const char *pattern, const char *name, size_t len)
{
	const char *p = pattern, *behind_star = NULL, *next;
	size_t i = 0, star_at = 0;

	while (i < len) {
		if (*p == '*') {
			behind_star = ++p;
			star_at = i;
			continue;
		}
		next = step_fits(p, (unsigned char)name[i]);
		if (next) {
			p = next;
			i++;
		} else if (behind_star) {
			p = behind_star;
			i = ++star_at;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

bool redis_scope_has_database(const struct source_scope *s, uint32_t database)
{
	if (!s || s->nnumbers == 0)
		return true;
	for (size_t i = 0; i < s->nnumbers; i++)
		if (s->numbers[i] == database)
			return true;
	return false;
}

bool redis_scope_has_key(const struct source_scope *s, uint32_t database,
			 const char *name, size_t len)
{
	if (!redis_scope_has_database(s, database))
		return false;
	if (!s || s->nkeys == 0)
		return true;
	for (size_t i = 0; i < s->nkeys; i++)
		if (redis_glob_fits(s->keys[i], name, len))
			return true;
	return false;
}

bool redis_scope_is_whole(const struct source_scope *s)
{
	return !s || (s->nnumbers == 0 && s->nkeys == 0);
}
