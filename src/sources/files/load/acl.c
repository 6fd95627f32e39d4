/*
 * acl.c - POSIX ACLs, from text to what setxattr(2) takes: a version, then
 * entries of a tag, permissions and an id, all little-endian, sorted by tag
 * and id.
 */
#include <endian.h>
#include <grp.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/files/load/member.h"

enum {
	WORD_MAX_BYTES = 256,
	FIELDS_MAX = 4, /* tag, name, permissions, id */
	ENTRIES_MAX = 1000,
	NAMES_BYTES = 16384,
};

struct entry {
	uint16_t tag, perm;
	uint32_t id;
};

static bool bad(struct err *e)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the archive holds an ACL that is none; verify the "
		       "backup, or restore another one");
}

static bool read_perm(const char *text, uint16_t *perm)
{
	*perm = 0;
	for (; *text != '\0'; text++) {
		if (*text == 'r')
			*perm |= ACL_READ;
		else if (*text == 'w')
			*perm |= ACL_WRITE;
		else if (*text == 'x')
			*perm |= ACL_EXECUTE;
		else if (*text != '-')
			return false;
	}
	return true;
}

/* Names that this machine does not know are of no use; their id is. */
static bool find_name(const char *name, bool is_user, uint32_t *id)
{
	char *room = malloc(NAMES_BYTES);
	struct passwd pw, *user = NULL;
	struct group gr, *group = NULL;

	if (room != NULL && is_user &&
	    getpwnam_r(name, &pw, room, NAMES_BYTES, &user) == 0 &&
	    user != NULL)
		*id = pw.pw_uid;
	if (room != NULL && !is_user &&
	    getgrnam_r(name, &gr, room, NAMES_BYTES, &group) == 0 &&
	    group != NULL)
		*id = gr.gr_gid;
	free(room);
	return user != NULL || group != NULL;
}

static bool read_id(char *const *fields, size_t n, bool is_user, uint32_t *id)
{
	unsigned long long number;
	const char *text =
		n > 3 && fields[3][0] != '\0' ? fields[3] : fields[1];

	if (!str_to_u64(text, &number))
		return find_name(text, is_user, id);
	*id = (uint32_t)number;
	return number < UINT32_MAX;
}

static bool read_entry(char *const *f, size_t n, struct entry *out)
{
	static const struct {
		const char *word;
		uint16_t plain, named;
	} tags[] = {
		{"user", ACL_USER_OBJ, ACL_USER},
		{"group", ACL_GROUP_OBJ, ACL_GROUP},
		{"mask", ACL_MASK, 0},
		{"other", ACL_OTHER, 0},
	};

	out->id = (uint32_t)ACL_UNDEFINED_ID;
	for (size_t i = 0; n >= 3 && i < sizeof(tags) / sizeof(*tags); i++) {
		if (strcmp(f[0], tags[i].word) != 0)
			continue;
		out->tag = f[1][0] == '\0' ? tags[i].plain : tags[i].named;
		return out->tag != 0 && read_perm(f[2], &out->perm) &&
		       (f[1][0] == '\0' || read_id(f, n, i == 0, &out->id));
	}
	return false;
}

/* The next word, cut at its colons; n is 0 when there is none. */
static bool cut_word(const char **at, const char *end,
		     char word[WORD_MAX_BYTES], char *fields[FIELDS_MAX],
		     size_t *n)
{
	size_t len = 0;

	*n = 0;
	while (*at < end && strchr(", \n\t", **at) != NULL && **at != '\0')
		++*at;
	while (*at < end && (**at == '\0' || strchr(", \n\t", **at) == NULL)) {
		if (**at == '\0' || **at == '#' || len + 1 >= WORD_MAX_BYTES)
			return false;
		word[len++] = *(*at)++;
	}
	word[len] = '\0';
	for (char *p = len > 0 ? word : NULL; p != NULL;) {
		if (*n == FIELDS_MAX)
			return false;
		fields[(*n)++] = p;
		p = strchr(p, ':');
		if (p != NULL)
			*p++ = '\0';
	}
	return true;
}

static int by_tag(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void *pack(struct entry *list, size_t n, size_t *len)
{
	struct posix_acl_xattr_header *h;
	struct posix_acl_xattr_entry *to;

	qsort(list, n, sizeof(*list), by_tag);
	*len = sizeof(*h) + n * sizeof(*to);
	h = malloc(*len);
	if (h == NULL)
		return NULL;
	h->a_version = htole32(POSIX_ACL_XATTR_VERSION);
	to = (struct posix_acl_xattr_entry *)(void *)(h + 1);
	for (size_t i = 0; i < n; i++) {
		to[i].e_tag = htole16(list[i].tag);
		to[i].e_perm = htole16(list[i].perm);
		to[i].e_id = htole32(list[i].id);
	}
	return h;
}

static bool read_all(struct entry *list, size_t *n, const char *text,
		     size_t len, struct err *e)
{
	const char *at = text, *end = text + len;
	char word[WORD_MAX_BYTES], *fields[FIELDS_MAX];
	size_t nfields;

	for (*n = 0;; ++*n) {
		if (!cut_word(&at, end, word, fields, &nfields))
			return bad(e);
		if (nfields == 0)
			return true;
		if (*n == ENTRIES_MAX ||
		    !read_entry(fields, nfields, &list[*n]))
			return bad(e);
	}
}

void *member_acl(const char *text, size_t len, size_t *value_len, struct err *e)
{
	struct entry *list = calloc(ENTRIES_MAX, sizeof(*list));
	void *value = NULL;
	size_t n;

	if (list == NULL) {
		(void)err_nomem(e, "an ACL");
		return NULL;
	}
	if (read_all(list, &n, text, len, e)) {
		value = pack(list, n, value_len);
		if (value == NULL)
			(void)err_nomem(e, "an ACL");
	}
	free(list);
	return value;
}
