/* payload.c - where a snapshot begins and ends in what a server sends. */
#include "config.h" /* for memmem() */
#include "sources/redis/dump/payload.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

static bool begin_payload(struct redis_payload *p)
{
	unsigned long long left;

	if (strncmp(p->line, "EOF:", 4) == 0) {
		p->has_mark = true;
		memcpy(p->mark, p->line + 4, sizeof(p->mark));
		return p->len == 4 + sizeof(p->mark);
	}
	if (!str_to_u64(p->line, &left))
		return false;
	p->left = left;
	p->is_over = left == 0;
	return true;
}

static enum redis_line end_line(struct redis_payload *p)
{
	if (p->first == '\0')
		return REDIS_LINE_ALIVE;
	if (p->len > 0 && p->line[p->len - 1] == '\r')
		p->len--;
	p->line[p->len] = '\0';
	if (p->first == '-')
		return REDIS_LINE_REFUSAL;
	if (p->first == '+')
		return REDIS_LINE_RESYNC;
	if (p->first == '$' && begin_payload(p))
		return REDIS_LINE_BEGIN;
	return REDIS_LINE_BAD;
}

enum redis_line redis_payload_line(struct redis_payload *p, char byte)
{
	enum redis_line kind;

	if (byte == '\n') {
		kind = end_line(p);
		p->len = 0;
		p->first = '\0';
		return kind;
	}
	if (p->first == '\0')
		p->first = byte;
	else
		p->line[p->len++] = byte;
	if (strchr("+-$", p->first) == NULL || p->first == '\0' ||
	    p->len + 1 >= sizeof(p->line)) {
		p->line[p->len] = '\0';
		return REDIS_LINE_BAD;
	}
	return REDIS_LINE_PART;
}

bool redis_payload_resync(const struct redis_payload *p, char id[41],
			  uint64_t *offset)
{
	static const char word[] = "FULLRESYNC ";
	const char *at = p->line + sizeof(word) - 1;
	unsigned long long number;
	size_t len;

	if (strncmp(p->line, word, sizeof(word) - 1) != 0)
		return false;
	len = strcspn(at, " ");
	if (len == 0 || len > 40 || at[len] != ' ' ||
	    !str_to_u64(at + len + 1, &number))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)at[i]))
			return false;
	memcpy(id, at, len);
	id[len] = '\0';
	*offset = number;
	return true;
}

size_t redis_payload_want(const struct redis_payload *p, size_t room)
{
	if (p->has_mark || p->left > room)
		return room;
	return (size_t)p->left;
}

static size_t take_to_mark(struct redis_payload *p, const void *bytes,
			   size_t len)
{
	const char *found = memmem(bytes, len, p->mark, sizeof(p->mark));

	if (found != NULL) {
		p->is_over = true;
		return (size_t)(found - (const char *)bytes);
	}
	return len < sizeof(p->mark) ? 0 : len - (sizeof(p->mark) - 1);
}

size_t redis_payload_take(struct redis_payload *p, const void *bytes,
			  size_t len)
{
	if (p->has_mark)
		return take_to_mark(p, bytes, len);
	if (len > p->left)
		len = (size_t)p->left;
	p->left -= len;
	p->is_over = p->left == 0;
	return len;
}
