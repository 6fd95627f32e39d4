/* kinds.c - the name of a storage type and its constructor. */
#include "store_int.h"

#include <string.h>

#include "base/text.h"

struct store *store_new(const struct store_env *env,
			const struct store_config *config, struct err *e)
{
	if (strcmp(config->kind, "object_storage") == 0)
		return s3_store_new(env, &config->s3, e);
	if (strcmp(config->kind, "local_directory") == 0)
		return dir_store_new(env, &config->dir, e);
	err_set(e, ERR_INVALID, "store_failed",
		"unknown storage type: use object_storage or local_directory");
	return NULL;
}

void store_free(struct store *st)
{
	if (st != NULL)
		st->ops->destroy(st);
}

void store_cancel(struct store *st, struct store_op *op)
{
	if (op != NULL)
		st->ops->cancel(op);
}

/* The longest beginning of s that fits and does not cut a character. */
static size_t fitting_len(const char *s, size_t max)
{
	size_t len = strlen(s);

	if (len <= max)
		return len;
	len = max;
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

char *store_printable(char *out, size_t cap, const char *s)
{
	size_t len = fitting_len(s, cap - 1);
	bool is_utf8 = utf8_check(s, len, NULL);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f)
			c = ' ';
		else if (c >= 0x80 && !is_utf8)
			c = '?';
		out[i] = (char)c;
	}
	out[len] = '\0';
	return out;
}
