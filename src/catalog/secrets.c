/* secrets.c - secrets in the catalog: sealed, bound to their record. */
#include "catalog/secrets_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOUND_MAX = ID_MAX + 8 };

/* A sealed text that is moved to another record does not open there. */
static const char *bound_to(char bound[BOUND_MAX], const char *id)
{
	(void)snprintf(bound, BOUND_MAX, "%s/secret", id);
	return bound;
}

char *secrets_seal(const struct catalog *c, const char *id, const char *plain,
		   struct err *e)
{
	char bound[BOUND_MAX];

	return secret_seal(c->key, bound_to(bound, id), plain, strlen(plain),
			   e);
}

bool secrets_read(struct catalog *c, const char *sql, const char *id,
		  char **plain, struct err *e)
{
	char bound[BOUND_MAX];
	char *sealed;

	*plain = NULL;
	if (!db_text(&c->db, sql, ARGS(arg_text(id)), &sealed, e))
		return false;
	if (sealed == NULL)
		return true;
	*plain = secret_open(c->key, bound_to(bound, id), sealed, NULL, e);
	free(sealed);
	return *plain != NULL;
}

bool secrets_write(struct catalog *c, const char *sql, const char *id,
		   const char *plain, struct err *e)
{
	char *sealed = NULL;
	bool ok;

	if (plain == NULL)
		return true;
	if (plain[0] != '\0') {
		sealed = secrets_seal(c, id, plain, e);
		if (sealed == NULL)
			return false;
	}
	ok = db_run(&c->db, sql, ARGS(arg_text(sealed), arg_text(id)), e);
	free(sealed);
	return ok;
}
