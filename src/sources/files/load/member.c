/* member.c - the headers of one member. */
#include "sources/files/load/member.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/clean_int.h"
#include "sources/pax_record.h"

enum {
	NAME_AT = 0,
	NAME_LEN = 100,
	MODE_AT = 100,
	UID_AT = 108,
	GID_AT = 116,
	ID_LEN = 8,
	SIZE_AT = 124,
	MTIME_AT = 136,
	LONG_LEN = 12,
	SUM_AT = 148,
	TYPE_AT = 156,
	LINK_AT = 157,
	MAGIC_AT = 257,
	PREFIX_AT = 345,
	PREFIX_LEN = 155,
	MODE_BITS = 07777,
	ATTRS_MAX = 1000, /* of one member; more is no honest archive */
	PATH_SHOWN = 160,
};

#define XATTR	    "SCHILY.xattr."
#define ACL_ACCESS  "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

static bool damaged(struct err *e, const char *what, const char *path)
{
	char shown[PATH_SHOWN];

	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the archive's member \"%s\" %s; verify the backup, or "
		       "restore another one",
		       source_clean(shown, sizeof(shown), path), what);
}

/* Octal digits with blanks around them, or (the first bit set) binary. */
static bool read_number(const unsigned char *at, size_t len, int64_t *n)
{
	uint64_t value = 0;
	size_t i = 0;

	if (at[0] & 0x80) {
		bool is_negative = (at[0] & 0x40) != 0;

		value = is_negative ? UINT64_MAX : 0;
		for (; i < len; i++) {
			unsigned char c = at[i];

			if (i == 0)
				c = is_negative ? c | 0x80 : c & 0x3f;
			if (i + 8 < len && c != (is_negative ? 0xff : 0))
				return false;
			value = value << 8 | c;
		}
		*n = (int64_t)value;
		return (*n < 0) == is_negative;
	}
	while (i < len && at[i] == ' ')
		i++;
	for (; i < len && at[i] >= '0' && at[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(at[i] - '0');
	*n = (int64_t)value; /* 11 digits are 33 bits */
	return i == len || at[i] == ' ' || at[i] == '\0';
}

bool tar_block_is_header(const unsigned char block[TAR_BLOCK])
{
	int64_t told, sum = 0;

	for (int i = 0; i < TAR_BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + ID_LEN ? ' ' : block[i];
	return memcmp(block + MAGIC_AT, "ustar", 5) == 0 &&
	       read_number(block + SUM_AT, ID_LEN, &told) && told == sum;
}

char tar_block_type(const unsigned char block[TAR_BLOCK])
{
	return (char)block[TYPE_AT];
}

bool tar_block_size(const unsigned char block[TAR_BLOCK], uint64_t *bytes)
{
	int64_t n;

	if (!read_number(block + SIZE_AT, LONG_LEN, &n) || n < 0)
		return false;
	*bytes = (uint64_t)n;
	return true;
}

char *member_path(const char *raw, struct err *e)
{
	const char *at = raw;
	size_t len, name;
	char *path;

	while (at[0] == '.' && at[1] == '/')
		at += 2;
	if (at[0] == '.' && at[1] == '\0')
		at++;
	len = strlen(at);
	if (len > 1 && at[len - 1] == '/')
		len--;
	for (size_t i = 0; i < len; i += name + 1) {
		const char *slash = memchr(at + i, '/', len - i);

		name = slash ? (size_t)(slash - at) - i : len - i;
		if (name == 0 || (name == 1 && at[i] == '.') ||
		    (name == 2 && at[i] == '.' && at[i + 1] == '.') ||
		    i + name + 1 == len) {
			(void)damaged(e, "leads out of the folder", raw);
			return NULL;
		}
	}
	path = str_of(at, len);
	if (path == NULL)
		(void)err_nomem(e, "a path");
	return path;
}

/* What the records say in place of the header. */
struct told {
	const char *path, *target, *name; /* borrowed; name: of a sparse one */
	size_t path_len, target_len, name_len;
	bool has_size, has_uid, has_gid, has_mtime, has_major, has_real;
	uint64_t size, uid, gid, major, minor, real;
	int64_t mtime_s;
	uint32_t mtime_ns;
};

/* "-12.5" is half a second before -12. */
static bool read_time(const struct pax_record *r, struct told *t)
{
	const char *at = r->value, *end = at + r->value_len, *dot;
	bool is_negative = at < end && *at == '-';
	uint64_t s, ns = 0;
	int digits = 0;

	at += is_negative;
	dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
	if (!pax_digits(at, (size_t)((dot ? dot : end) - at), &s) ||
	    s > INT64_MAX / 2)
		return false;
	for (at = dot ? dot + 1 : end; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		if (digits++ < 9)
			ns = ns * 10 + (uint64_t)(*at - '0');
	}
	for (; digits < 9; digits++)
		ns *= 10;
	t->mtime_s = is_negative ? -(int64_t)s - (ns > 0) : (int64_t)s;
	t->mtime_ns = (uint32_t)(is_negative && ns > 0 ? 1000000000 - ns : ns);
	t->has_mtime = true;
	return true;
}

static bool add_attr(struct member *m, const char *name, size_t name_len,
		     void *value, size_t len)
{
	struct member_attr *a;

	if ((m->nattrs & (m->nattrs + 1)) == 0) { /* 0, 1, 3, 7, ... */
		a = reallocarray(m->attrs, 2 * m->nattrs + 1, sizeof(*a));
		if (a == NULL)
			return false;
		m->attrs = a;
	}
	a = &m->attrs[m->nattrs];
	*a = (struct member_attr){str_of(name, name_len), value, len};
	m->nattrs += a->name != NULL;
	return a->name != NULL;
}

static bool take_acl(struct member *m, const struct pax_record *r,
		     const char *name, struct err *e)
{
	size_t len;
	void *value = member_acl(r->value, r->value_len, &len, e);

	if (value == NULL)
		return false;
	if (add_attr(m, name, strlen(name), value, len))
		return true;
	free(value);
	return err_nomem(e, "an ACL");
}

/* '=' ends a record's key: as GNU tar writes it, it is "%3D" in a name, and
 * '%' is "%25". */
static void decode_name(char *name)
{
	char *to = name;

	for (const char *at = name; *at != '\0';) {
		bool is_equals = strncmp(at, "%3D", 3) == 0;

		if (!is_equals && strncmp(at, "%25", 3) != 0) {
			*to++ = *at++;
			continue;
		}
		*to++ = is_equals ? '=' : '%';
		at += 3;
	}
	*to = '\0';
}

static bool take_xattr(struct member *m, const struct pax_record *r,
		       struct err *e)
{
	size_t skip = strlen(XATTR);
	void *value;

	if (m->nattrs >= ATTRS_MAX || r->key_len == skip ||
	    memchr(r->key, '\0', r->key_len) != NULL)
		return damaged(e, "has attributes that none can have", "");
	value = malloc(r->value_len + 1);
	if (value == NULL)
		return err_nomem(e, "an attribute");
	memcpy(value, r->value, r->value_len);
	if (add_attr(m, r->key + skip, r->key_len - skip, value,
		     r->value_len)) {
		decode_name(m->attrs[m->nattrs - 1].name);
		return true;
	}
	free(value);
	return err_nomem(e, "an attribute");
}

static bool take_number(const struct pax_record *r, struct told *t,
			bool *is_right)
{
	static const struct {
		const char *key;
		size_t value, has; /* offsets in told; has 0: none */
	} known[] = {
		{"size", offsetof(struct told, size),
		 offsetof(struct told, has_size)},
		{"uid", offsetof(struct told, uid),
		 offsetof(struct told, has_uid)},
		{"gid", offsetof(struct told, gid),
		 offsetof(struct told, has_gid)},
		{"GNU.sparse.major", offsetof(struct told, major),
		 offsetof(struct told, has_major)},
		{"GNU.sparse.minor", offsetof(struct told, minor), 0},
		{"GNU.sparse.realsize", offsetof(struct told, real),
		 offsetof(struct told, has_real)},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!pax_record_is(r, known[i].key))
			continue;
		*is_right = pax_digits(
			r->value, r->value_len,
			(uint64_t *)(void *)((char *)t + known[i].value));
		if (known[i].has != 0)
			*((char *)t + known[i].has) = true;
		return true;
	}
	return false;
}

static bool take_text(const struct pax_record *r, struct told *t)
{
	if (pax_record_is(r, "path")) {
		t->path = r->value;
		t->path_len = r->value_len;
	} else if (pax_record_is(r, "linkpath")) {
		t->target = r->value;
		t->target_len = r->value_len;
	} else if (pax_record_is(r, "GNU.sparse.name")) {
		t->name = r->value;
		t->name_len = r->value_len;
	} else {
		return false;
	}
	return true;
}

/* What is not known is left alone: it says nothing about where to write. */
static bool take_record(struct member *m, const struct pax_record *r,
			struct told *t, struct err *e)
{
	bool is_right = true;

	if (r->key_len >= strlen(XATTR) &&
	    memcmp(r->key, XATTR, strlen(XATTR)) == 0)
		return take_xattr(m, r, e);
	if (pax_record_is(r, "SCHILY.acl.access"))
		return take_acl(m, r, ACL_ACCESS, e);
	if (pax_record_is(r, "SCHILY.acl.default"))
		return take_acl(m, r, ACL_DEFAULT, e);
	if (pax_record_is(r, "mtime"))
		is_right = read_time(r, t);
	else if (!take_text(r, t))
		(void)take_number(r, t, &is_right);
	return is_right || damaged(e, "has a number that is none", "");
}

static bool read_records(struct member *m, const char *pax, size_t len,
			 struct told *t, struct err *e)
{
	const char *at = pax, *end;
	struct pax_record r;

	/* Without such a header there is no text either. */
	if (len == 0)
		return true;
	end = pax + len;
	while (at < end) {
		if (!pax_record_cut(&at, end, &r))
			return damaged(e, "has extended headers that are none",
				       "");
		if (!take_record(m, &r, t, e))
			return false;
	}
	return true;
}

static char *field(const unsigned char *at, size_t max)
{
	return str_of((const char *)at, strnlen((const char *)at, max));
}

/* The records' bytes, which hold no zero, or NULL with *e. */
static char *record_text(const char *at, size_t len, struct err *e)
{
	char *text;

	if (memchr(at, '\0', len) != NULL) {
		(void)damaged(e, "has a zero in its name", at);
		return NULL;
	}
	text = str_of(at, len);
	if (text == NULL)
		(void)err_nomem(e, "a path");
	return text;
}

static char *header_path(const unsigned char *block)
{
	char *name = field(block + NAME_AT, NAME_LEN);
	char *prefix = field(block + PREFIX_AT, PREFIX_LEN), *all = NULL;

	if (name != NULL && prefix != NULL && prefix[0] != '\0') {
		all = malloc(strlen(prefix) + strlen(name) + 2);
		if (all != NULL)
			(void)stpcpy(stpcpy(stpcpy(all, prefix), "/"), name);
	} else if (prefix != NULL) {
		all = name;
		name = NULL;
	}
	free(name);
	free(prefix);
	return all;
}

static bool read_path(struct member *m, const unsigned char *block,
		      const struct told *t, struct err *e)
{
	char *raw;

	if (t->has_major && t->name != NULL)
		raw = record_text(t->name, t->name_len, e);
	else if (t->path != NULL)
		raw = record_text(t->path, t->path_len, e);
	else
		raw = header_path(block);
	if (raw == NULL)
		return err_nomem(e, "a path");
	m->path = member_path(raw, e);
	free(raw);
	return m->path != NULL;
}

static bool read_target(struct member *m, const unsigned char *block,
			const struct told *t, struct err *e)
{
	char *raw = t->target != NULL ? record_text(t->target, t->target_len, e)
				      : field(block + LINK_AT, NAME_LEN);

	if (raw == NULL)
		return err_nomem(e, "a path");
	if (m->type == MEMBER_SYMLINK) {
		m->target = raw;
		return raw[0] != '\0' ||
		       damaged(e, "links to nothing", m->path);
	}
	m->target = member_path(raw, e);
	free(raw);
	if (m->target == NULL)
		err_prefix(e, "the hard link \"%.120s\"", m->path);
	return m->target != NULL && (m->target[0] != '\0' ||
				     damaged(e, "links to nothing", m->path));
}

static bool read_type(struct member *m, const unsigned char *block,
		      struct err *e)
{
	static const char flags[] = {'0', '5', '2', '1', '6', '3', '4', '7'};
	static const enum member_type types[] = {
		MEMBER_FILE, MEMBER_FOLDER, MEMBER_SYMLINK, MEMBER_HARDLINK,
		MEMBER_FIFO, MEMBER_DEVICE, MEMBER_DEVICE,  MEMBER_FILE,
	};
	const char *found;

	if (block[TYPE_AT] == '\0')
		return true; /* an old file: MEMBER_FILE */
	found = memchr(flags, block[TYPE_AT], sizeof(flags));
	if (found == NULL)
		return damaged(e, "is of a type that no backup holds", m->path);
	m->type = types[found - flags];
	return true;
}

static bool read_sizes(struct member *m, const unsigned char *block,
		       const struct told *t, struct err *e)
{
	if (t->has_size)
		m->stored = t->size;
	else if (!tar_block_size(block, &m->stored))
		return damaged(e, "has no size", m->path);
	m->size = m->stored;
	m->is_sparse = t->has_major;
	if (m->is_sparse && (t->major != 1 || t->minor != 0 || !t->has_real ||
			     m->type != MEMBER_FILE))
		return damaged(e, "is sparse in a way that is not known",
			       m->path);
	if (m->is_sparse)
		m->size = t->real;
	if (m->size > INT64_MAX || m->stored > INT64_MAX)
		return damaged(e, "has a size that no file has", m->path);
	return m->type == MEMBER_FILE || m->stored == 0 ||
	       damaged(e, "has contents and is no file", m->path);
}

static bool read_rest(struct member *m, const unsigned char *block,
		      const struct told *t, struct err *e)
{
	int64_t mode, uid, gid, mtime;

	if (!read_number(block + MODE_AT, ID_LEN, &mode) ||
	    !read_number(block + UID_AT, ID_LEN, &uid) ||
	    !read_number(block + GID_AT, ID_LEN, &gid) ||
	    !read_number(block + MTIME_AT, LONG_LEN, &mtime))
		return damaged(e, "has a number that is none", m->path);
	m->mode = (uint32_t)mode & MODE_BITS;
	uid = t->has_uid ? (int64_t)t->uid : uid;
	gid = t->has_gid ? (int64_t)t->gid : gid;
	/* The last of them means "leave it" to chown(2). */
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return damaged(e, "has an owner that none can be", m->path);
	m->uid = (uint32_t)uid;
	m->gid = (uint32_t)gid;
	m->mtime_s = t->has_mtime ? t->mtime_s : mtime;
	m->mtime_ns = t->mtime_ns;
	return true;
}

bool member_parse(struct member *m, const unsigned char block[TAR_BLOCK],
		  const char *pax, size_t pax_len, struct err *e)
{
	struct member made = {0};
	struct told told = {0};

	if (read_records(&made, pax, pax_len, &told, e) &&
	    read_path(&made, block, &told, e) && read_type(&made, block, e) &&
	    read_sizes(&made, block, &told, e) &&
	    read_rest(&made, block, &told, e) &&
	    ((made.type != MEMBER_SYMLINK && made.type != MEMBER_HARDLINK) ||
	     read_target(&made, block, &told, e)) &&
	    made.path != NULL &&
	    (made.path[0] != '\0' || made.type == MEMBER_FOLDER ||
	     damaged(e, "has no name", ""))) {
		*m = made;
		return true;
	}
	member_fini(&made);
	return false;
}

void member_fini(struct member *m)
{
	for (size_t i = 0; i < m->nattrs; i++) {
		free(m->attrs[i].name);
		free(m->attrs[i].value);
	}
	free(m->attrs);
	free(m->path);
	free(m->target);
	memset(m, 0, sizeof(*m));
}
