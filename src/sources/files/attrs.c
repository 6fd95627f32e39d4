/* attrs.c - see attrs.h. */
#include "sources/files/attrs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "sources/pax.h"

enum {
	LIST_BYTES = 65536, /* XATTR_LIST_MAX, XATTR_SIZE_MAX of the kernel */
	VALUE_BYTES = 65536,
	ACL_VERSION = 2,
	ACL_HEADER = 4,
	ACL_ENTRY = 8,
	FOLDER_ROOM = 48, /* "/proc/self/fd/N/" */
};

/* Of a file that is open, or of a name that is not opened. */
struct subject {
	int fd;
	char *path; /* where fd is -1 */
};

static ssize_t list(const struct subject *s, char *out, size_t cap)
{
	return s->fd >= 0 ? flistxattr(s->fd, out, cap)
			  : llistxattr(s->path, out, cap);
}

static ssize_t get(const struct subject *s, const char *name, void *out,
		   size_t cap)
{
	return s->fd >= 0 ? fgetxattr(s->fd, name, out, cap)
			  : lgetxattr(s->path, name, out, cap);
}

/* --- ACLs */

static uint32_t little(const unsigned char *at, size_t n)
{
	uint32_t value = 0;

	while (n-- > 0)
		value = value << 8 | at[n];
	return value;
}

static bool add_entry(const unsigned char *at, struct text *out)
{
	static const struct {
		unsigned tag;
		const char *word;
		bool has_id;
	} tags[] = {
		{0x01, "user", false},	{0x02, "user", true},
		{0x04, "group", false}, {0x08, "group", true},
		{0x10, "mask", false},	{0x20, "other", false},
	};
	uint32_t tag = little(at, 2), may = little(at + 2, 2);

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (tags[i].tag != tag)
			continue;
		text_printf(out, "%s%s:", out->len > 0 ? "," : "",
			    tags[i].word);
		if (tags[i].has_id)
			text_printf(out, "%" PRIu32, little(at + 4, 4));
		text_printf(out, ":%c%c%c", may & 4 ? 'r' : '-',
			    may & 2 ? 'w' : '-', may & 1 ? 'x' : '-');
		return true;
	}
	return false;
}

bool attrs_acl_text(const unsigned char *acl, size_t len, struct text *out)
{
	if (len < ACL_HEADER || (len - ACL_HEADER) % ACL_ENTRY != 0 ||
	    little(acl, ACL_HEADER) != ACL_VERSION)
		return false;
	for (size_t at = ACL_HEADER; at < len; at += ACL_ENTRY)
		if (!add_entry(acl + at, out))
			return false;
	return true;
}

static void add_acl(const char *key, const unsigned char *acl, size_t len,
		    struct text *out)
{
	struct text t = {0};

	if (attrs_acl_text(acl, len, &t) && t.len > 0 && !t.is_broken)
		pax_record(out, key, t.data, t.len);
	out->is_broken = out->is_broken || t.is_broken;
	text_free(&t);
}

/* --- the others */

/* A key has no '=', and GNU tar and libarchive both read this. */
static void add_attr(const char *name, const unsigned char *value, size_t len,
		     struct text *out)
{
	struct text key = {0};

	text_str(&key, "SCHILY.xattr.");
	for (; *name != '\0'; name++) {
		if (*name == '%' || *name == '=')
			text_printf(&key, "%%%02X", (unsigned)*name);
		else
			text_char(&key, *name);
	}
	if (!key.is_broken)
		pax_record(out, key.data, value, len);
	out->is_broken = out->is_broken || key.is_broken;
	text_free(&key);
}

static void add(const char *name, const unsigned char *value, size_t len,
		struct text *out)
{
	if (strcmp(name, "system.posix_acl_access") == 0)
		add_acl("SCHILY.acl.access", value, len, out);
	else if (strcmp(name, "system.posix_acl_default") == 0)
		add_acl("SCHILY.acl.default", value, len, out);
	else
		add_attr(name, value, len, out);
}

/* One that is gone by now, or that may be seen and not read, is none. */
static int add_by_name(const struct subject *s, const char *name,
		       struct text *out)
{
	unsigned char *value = malloc(VALUE_BYTES);
	ssize_t len;
	int failed = 0;

	if (value == NULL)
		return ENOMEM;
	len = get(s, name, value, VALUE_BYTES);
	if (len >= 0)
		add(name, value, (size_t)len, out);
	else if (errno != ENODATA && errno != EPERM && errno != EACCES &&
		 errno != ENOTSUP)
		failed = errno;
	free(value);
	if (failed == 0 && out->is_broken)
		failed = ENOMEM;
	return failed == 0 && out->len > ATTRS_MAX_BYTES ? E2BIG : failed;
}

static int read_listed(const struct subject *s, const char *names, size_t len,
		       struct text *out)
{
	int failed = 0;

	for (const char *at = names; failed == 0 && at < names + len;
	     at += strlen(at) + 1)
		failed = add_by_name(s, at, out);
	return failed;
}

static int read_subject(const struct subject *s, struct text *out)
{
	/* Most have none, and are asked once. */
	ssize_t len = list(s, NULL, 0);
	char *names;
	int failed;

	if (len <= 0)
		return len == 0 || errno == ENOTSUP || errno == ENOSYS ? 0
								       : errno;
	names = malloc(LIST_BYTES);
	if (names == NULL)
		return ENOMEM;
	len = list(s, names, LIST_BYTES);
	failed = len >= 0 ? read_listed(s, names, (size_t)len, out) : errno;
	free(names);
	return failed;
}

int attrs_read(int fd, int folder, const char *name, struct text *out)
{
	struct subject s = {.fd = fd};
	int failed;

	if (fd < 0) {
		size_t room = FOLDER_ROOM + strlen(name);

		s.path = malloc(room);
		if (s.path == NULL)
			return ENOMEM;
		(void)snprintf(s.path, room, "/proc/self/fd/%d/%s", folder,
			       name);
	}
	failed = read_subject(&s, out);
	free(s.path);
	return failed;
}
