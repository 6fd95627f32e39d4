/* tar.c - the headers of a tar archive. */
#include "sources/mysql/snapshot/tar.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Places in a header. */
enum {
	NAME_AT = 0,
	NAME_LEN = 100,
	SIZE_AT = 124,
	SIZE_LEN = 12,
	SUM_AT = 148,
	SUM_LEN = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
	PREFIX_AT = 345,
	PREFIX_LEN = 155,
	MORE_AT = 482,	     /* GNU: the sparse map goes on in a block more */
	REAL_SIZE_AT = 483,  /* GNU: of a sparse file */
	MORE_AGAIN_AT = 504, /* and in that one, still another */
	END_ZEROES = 2,
};

static bool broken(struct err *e)
{
	return err_set(e, ERR_DAMAGED, "snapshot_failed",
		       "what was packed of the snapshot is no tar archive; "
		       "look at the tool \"tar\" of the helper");
}

/* Octal, or of large ones base 256 behind a byte of 0x80. */
static uint64_t number_at(const unsigned char *b, size_t at, size_t len)
{
	uint64_t n = 0;
	size_t i = 0;

	if ((b[at] & 0x80) != 0) {
		for (i = 1; i < len; i++)
			n = n << 8 | b[at + i];
		return n;
	}
	while (i < len && b[at + i] == ' ')
		i++;
	for (; i < len && b[at + i] >= '0' && b[at + i] <= '7'; i++)
		n = n << 3 | (uint64_t)(b[at + i] - '0');
	return n;
}

static bool is_nothing(const unsigned char *b)
{
	for (size_t i = 0; i < MY_TAR_BLOCK; i++)
		if (b[i] != 0)
			return false;
	return true;
}

/* The sum of all bytes, its own field as blanks. */
static bool is_header(const unsigned char *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MY_TAR_BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : b[i];
	return sum == number_at(b, SUM_AT, SUM_LEN);
}

static void add_field(char *out, const unsigned char *field, size_t len)
{
	size_t have = strlen(out), n = strnlen((const char *)field, len);

	if (n > MY_TAR_NAME_MAX - 1 - have)
		n = MY_TAR_NAME_MAX - 1 - have;
	memcpy(out + have, field, n);
	out[have + n] = '\0';
}

/* Unless an extension has told it already. */
static void take_name(struct my_tar *t)
{
	const unsigned char *b = t->block;

	if (t->name[0] != '\0')
		return;
	/* "ustar" and a NUL; GNU's has other things in place of the prefix. */
	if (memcmp(b + MAGIC_AT, "ustar", 6) == 0 && b[PREFIX_AT] != 0) {
		add_field(t->name, b + PREFIX_AT, PREFIX_LEN);
		add_field(t->name, (const unsigned char *)"/", 1);
	}
	add_field(t->name, b + NAME_AT, NAME_LEN);
}

static uint64_t padded(uint64_t size)
{
	return (size + MY_TAR_BLOCK - 1) / MY_TAR_BLOCK * MY_TAR_BLOCK;
}

/* Long names and pax records describe the member that follows. */
static bool begin_extension(struct my_tar *t, char type, uint64_t size,
			    struct err *e)
{
	if (size > UINT32_MAX)
		return broken(e);
	t->kind = '\0';
	if (type == 'L' || type == 'x')
		t->kind = type;
	t->content_len = 0;
	t->content_size = (size_t)size;
	t->left = padded(size);
	return true;
}

static bool has_content(char type)
{
	return type != '1' && type != '2' && type != '3' && type != '4' &&
	       type != '5' && type != '6';
}

static bool take_header(struct my_tar *t, struct err *e)
{
	const unsigned char *b = t->block;
	char type = (char)b[TYPE_AT];
	uint64_t stored = number_at(b, SIZE_AT, SIZE_LEN), real;
	bool is_told;

	if (type == '\0')
		type = '0';
	if (!is_header(b))
		return broken(e);
	if (type == 'L' || type == 'K' || type == 'x' || type == 'g')
		return begin_extension(t, type, stored, e);
	take_name(t);
	if (t->has_size)
		stored = t->size;
	real = t->has_real_size ? t->real_size : stored;
	if (type == 'S') {
		real = number_at(b, REAL_SIZE_AT, SIZE_LEN);
		t->is_extended = b[MORE_AT] != 0;
		type = '0';
	}
	t->kind = 0;
	t->left = has_content(type) ? padded(stored) : 0;
	t->members++;
	is_told =
		t->member == NULL || t->member(t->arg, t->name, type, real, e);
	t->name[0] = '\0';
	t->has_size = t->has_real_size = t->has_sparse_name = false;
	return is_told;
}

/* "LENGTH KEY=VALUE\n" */
static void take_record(struct my_tar *t, char *record)
{
	char *key = strchr(record, ' '), *value;

	if (key == NULL || (value = strchr(++key, '=')) == NULL)
		return;
	*value++ = '\0';
	if (strcmp(key, "path") == 0 && !t->has_sparse_name) {
		(void)str_copy(t->name, sizeof(t->name), value);
	} else if (strcmp(key, "GNU.sparse.name") == 0) {
		(void)str_copy(t->name, sizeof(t->name), value);
		t->has_sparse_name = true;
	} else if (strcmp(key, "size") == 0) {
		t->size = strtoull(value, NULL, 10);
		t->has_size = true;
	} else if (strcmp(key, "GNU.sparse.realsize") == 0 ||
		   strcmp(key, "GNU.sparse.size") == 0) {
		t->real_size = strtoull(value, NULL, 10);
		t->has_real_size = true;
	}
}

/* Records longer than the room for them (extended attributes) come last or
 * are passed over: their names come first in what GNU tar writes. */
static void take_records(struct my_tar *t)
{
	char *at = t->content, *end = t->content + t->content_len;

	while (at < end) {
		unsigned long n = strtoul(at, NULL, 10);

		if (n < 4 || n > (size_t)(end - at) || at[n - 1] != '\n')
			return;
		at[n - 1] = '\0';
		take_record(t, at);
		at += n;
	}
}

static void end_extension(struct my_tar *t)
{
	if (t->content_len < sizeof(t->content))
		t->content[t->content_len] = '\0';
	else
		t->content[sizeof(t->content) - 1] = '\0';
	if (t->kind == 'L')
		(void)str_copy(t->name, sizeof(t->name), t->content);
	else
		take_records(t);
	t->kind = 0;
}

/* How much of it was a member's content. */
static size_t take_content(struct my_tar *t, const unsigned char *bytes,
			   size_t n)
{
	size_t take = n < t->left ? n : (size_t)t->left;

	if (t->kind != 0) {
		size_t room = sizeof(t->content) - 1 - t->content_len;
		size_t wanted = t->content_size - t->content_len;
		size_t keep = take < wanted ? take : wanted;

		keep = keep < room ? keep : room;
		memcpy(t->content + t->content_len, bytes, keep);
		t->content_len += keep;
	}
	t->left -= take;
	if (t->left == 0 && t->kind != 0)
		end_extension(t);
	return take;
}

static bool take_block(struct my_tar *t, struct err *e)
{
	if (t->is_extended) {
		t->is_extended = t->block[MORE_AGAIN_AT] != 0;
		return true;
	}
	if (is_nothing(t->block)) {
		t->zeroes++;
		return true;
	}
	if (t->zeroes > 0)
		return broken(e);
	return take_header(t, e);
}

bool my_tar_feed(struct my_tar *t, const unsigned char *bytes, size_t n,
		 struct err *e)
{
	while (n > 0) {
		size_t take = MY_TAR_BLOCK - t->filled;

		/* A sparse map stands between a header and its content. */
		if (t->left > 0 && !t->is_extended) {
			take = take_content(t, bytes, n);
		} else {
			take = take < n ? take : n;
			memcpy(t->block + t->filled, bytes, take);
			t->filled += take;
			if (t->filled == MY_TAR_BLOCK) {
				t->filled = 0;
				if (!take_block(t, e))
					return false;
			}
		}
		bytes += take;
		n -= take;
	}
	return true;
}

bool my_tar_is_over(const struct my_tar *t)
{
	return t->members > 0 && t->zeroes >= END_ZEROES && t->left == 0 &&
	       t->filled == 0;
}
