/* pax.c - see pax.h. */
#include "sources/pax.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum {
	NAME_LEN = 100,
	PREFIX_LEN = 155,
	SHORT_FIELD = 8, /* mode, uid, gid, device numbers */
	LONG_FIELD = 12, /* size, mtime */
	MODE_BITS = 07777,
	DIGIT_BITS = 3,
	PAX_MODE = 0644,
	NUMBER_MAX = 24, /* of a decimal number, its sign and its end */
};

/* As they lie in a block. */
struct ustar {
	char name[NAME_LEN];
	char mode[SHORT_FIELD], uid[SHORT_FIELD], gid[SHORT_FIELD];
	char size[LONG_FIELD], mtime[LONG_FIELD];
	char checksum[SHORT_FIELD];
	char type;
	char link[NAME_LEN];
	char magic[6], version[2];
	char user[32], group[32];
	char major[SHORT_FIELD], minor[SHORT_FIELD];
	char prefix[PREFIX_LEN];
	char rest[12];
};
_Static_assert(sizeof(struct ustar) == PAX_BLOCK, "a header is a block");

size_t pax_padding(uint64_t content_bytes)
{
	return (size_t)(-content_bytes & (PAX_BLOCK - 1));
}

static void pad(struct text *out)
{
	static const char zeros[PAX_BLOCK];

	text_add(out, zeros, pax_padding(out->len));
}

/* --- records */

static size_t digits_of(size_t n)
{
	size_t digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

void pax_record(struct text *out, const char *key, const void *value,
		size_t len)
{
	size_t rest = strlen(key) + len + 3; /* ' ' '=' '\n' */
	size_t total = rest + digits_of(rest);

	/* Its own digits may make it one longer. */
	total = rest + digits_of(total);
	text_printf(out, "%zu %s=", total, key);
	text_add(out, value, len);
	text_char(out, '\n');
}

static void text_record(struct text *out, const char *key, const char *value)
{
	pax_record(out, key, value, strlen(value));
}

static void number_record(struct text *out, const char *key, uint64_t n)
{
	char digits[NUMBER_MAX];

	(void)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	text_record(out, key, digits);
}

/* Before 1970 the fraction counts away from 0, as it is written: -5 s + 1 ns
 * is "-4.999999999". */
static void time_record(struct text *out, const struct file_time *t)
{
	enum { NANOSECONDS = 1000000000 };
	uint64_t seconds = (uint64_t)t->seconds;
	uint32_t fraction = t->nanoseconds;
	char digits[NUMBER_MAX + 10];

	if (t->seconds < 0) {
		seconds = -seconds;
		if (fraction > 0) {
			seconds--;
			fraction = NANOSECONDS - fraction;
		}
	}
	(void)snprintf(digits, sizeof(digits), "%s%" PRIu64 ".%09" PRIu32,
		       t->seconds < 0 ? "-" : "", seconds, fraction);
	text_record(out, "mtime", digits);
}

/* --- what fits into a header */

static bool is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static bool fits(uint64_t n, size_t field)
{
	return n < (uint64_t)1 << (DIGIT_BITS * (field - 1));
}

/* Octal digits; beyond them GNU's form, a set bit and the number in bytes,
 * which the record for it overrules. */
static void put_number(char *field, size_t len, uint64_t n)
{
	if (fits(n, len)) {
		for (size_t i = len - 1; i-- > 0; n >>= DIGIT_BITS)
			field[i] = (char)('0' + (n & 7));
		field[len - 1] = '\0';
		return;
	}
	for (size_t i = len; i-- > 0; n >>= 8)
		field[i] = (char)(n & 0xff);
	field[0] = (char)0x80;
}

static void put_name(char *field, const char *s, size_t len)
{
	memcpy(field, s, len < NAME_LEN ? len : NAME_LEN);
}

/* Where a path can be cut in two for name and prefix; NULL: nowhere. */
static const char *cut_of(const char *path, size_t len)
{
	const char *cut = strchr(path + len - NAME_LEN - 1, '/');

	if (cut == path)
		cut = strchr(cut + 1, '/');
	if (cut == NULL || cut[1] == '\0' || cut - path > PREFIX_LEN)
		return NULL;
	return cut;
}

/* False: it needs a record, and what is put is for readers that know none. */
static bool put_path(struct ustar *h, const char *path)
{
	size_t len = strlen(path);
	const char *cut;

	if (len <= NAME_LEN) {
		put_name(h->name, path, len);
		/* What is no UTF-8 is no text for a record, either. */
		return is_ascii(path) || !utf8_check(path, len, NULL);
	}
	cut = cut_of(path, len);
	if (cut == NULL || !is_ascii(path)) {
		put_name(h->name, path + len - NAME_LEN, NAME_LEN);
		return false;
	}
	memcpy(h->prefix, path, (size_t)(cut - path));
	put_name(h->name, cut + 1, strlen(cut + 1));
	return true;
}

static bool put_link(struct ustar *h, const char *target)
{
	size_t len = strlen(target);

	put_name(h->link, target, len);
	return len <= NAME_LEN &&
	       (is_ascii(target) || !utf8_check(target, len, NULL));
}

static void put_checksum(struct ustar *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_number(h->checksum, sizeof(h->checksum) - 1, sum);
}

static void begin(struct ustar *h, char type, uint64_t size)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, "ustar", sizeof(h->magic));
	memcpy(h->version, "00", sizeof(h->version));
	h->type = type;
	put_number(h->size, sizeof(h->size), size);
	put_number(h->major, sizeof(h->major), 0);
	put_number(h->minor, sizeof(h->minor), 0);
}

/* --- a member */

static void path_record(struct text *records, const char *key,
			const char *value)
{
	/* The first of them: what follows is bytes, not UTF-8. */
	if (!utf8_check(value, strlen(value), NULL))
		text_record(records, "hdrcharset", "BINARY");
	text_record(records, key, value);
}

static void sparse_records(struct text *records, const struct pax_member *m)
{
	number_record(records, "GNU.sparse.major", 1);
	number_record(records, "GNU.sparse.minor", 0);
	path_record(records, "GNU.sparse.name", m->path);
	number_record(records, "GNU.sparse.realsize", m->facts->size);
}

static void name_member(struct ustar *h, const struct pax_member *m,
			struct text *records)
{
	struct text path = {0};

	if (m->nextents > 0) {
		/* For readers that do not know of sparse files. */
		put_name(h->name, "GNUSparseFile.0/file",
			 sizeof("GNUSparseFile.0/file") - 1);
		sparse_records(records, m);
		return;
	}
	text_str(&path, m->path);
	if (m->type == PAX_FOLDER)
		text_char(&path, '/');
	if (path.is_broken)
		records->is_broken = true;
	else if (!put_path(h, path.data))
		path_record(records, "path", path.data);
	text_free(&path);
}

static void own_member(struct ustar *h, const struct file_facts *f,
		       struct text *records)
{
	put_number(h->mode, sizeof(h->mode), f->mode & MODE_BITS);
	put_number(h->uid, sizeof(h->uid), f->uid);
	put_number(h->gid, sizeof(h->gid), f->gid);
	put_number(h->major, sizeof(h->major), f->major);
	put_number(h->minor, sizeof(h->minor), f->minor);
	if (!fits(f->uid, sizeof(h->uid)))
		number_record(records, "uid", f->uid);
	if (!fits(f->gid, sizeof(h->gid)))
		number_record(records, "gid", f->gid);
}

static void date_member(struct ustar *h, const struct file_time *t,
			struct text *records)
{
	bool is_plain =
		t->seconds >= 0 && fits((uint64_t)t->seconds, sizeof(h->mtime));

	put_number(h->mtime, sizeof(h->mtime),
		   is_plain ? (uint64_t)t->seconds : 0);
	if (!is_plain || t->nanoseconds > 0)
		time_record(records, t);
}

uint64_t pax_content_bytes(const struct pax_member *m)
{
	uint64_t bytes = m->map_bytes;

	if (m->type != PAX_FILE)
		return 0;
	if (m->nextents == 0)
		return m->facts->size;
	for (size_t i = 0; i < m->nextents; i++)
		bytes += m->extents[i].length;
	return bytes;
}

/* The header that holds records. All have one name, which packs best. */
static void add_records(struct text *out, const struct text *records)
{
	struct ustar h;

	begin(&h, 'x', records->len);
	put_name(h.name, "PaxHeaders/member", sizeof("PaxHeaders/member") - 1);
	put_number(h.mode, sizeof(h.mode), PAX_MODE);
	put_number(h.uid, sizeof(h.uid), 0);
	put_number(h.gid, sizeof(h.gid), 0);
	put_number(h.mtime, sizeof(h.mtime), 0);
	put_checksum(&h);
	text_add(out, &h, sizeof(h));
	text_add(out, records->data, records->len);
	pad(out);
}

void pax_header(struct text *out, const struct pax_member *m)
{
	uint64_t bytes = pax_content_bytes(m);
	struct text records = {0};
	struct ustar h;

	begin(&h, (char)m->type, bytes);
	name_member(&h, m, &records);
	if (m->facts->target != NULL && !put_link(&h, m->facts->target))
		path_record(&records, "linkpath", m->facts->target);
	if (!fits(bytes, sizeof(h.size)))
		number_record(&records, "size", bytes);
	own_member(&h, m->facts, &records);
	date_member(&h, &m->facts->mtime, &records);
	if (m->records != NULL)
		text_add(&records, m->records->data, m->records->len);
	put_checksum(&h);
	if (records.len > 0)
		add_records(out, &records);
	text_add(out, &h, sizeof(h));
	out->is_broken = out->is_broken || records.is_broken;
	text_free(&records);
}

void pax_sparse_map(struct text *out, const struct pax_extent *extents,
		    size_t n)
{
	text_printf(out, "%zu\n", n);
	for (size_t i = 0; i < n; i++)
		text_printf(out, "%" PRIu64 "\n%" PRIu64 "\n",
			    extents[i].offset, extents[i].length);
	pad(out);
}
