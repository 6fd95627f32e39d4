/* client.c - a client's making and its end. */
#include <stdlib.h>

#include "client_int.h"

struct s3_client *s3_client_new(const struct s3_env *env,
				const struct s3_config *config, struct err *e)
{
	struct s3_client *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		err_nomem(e, "a store");
		return NULL;
	}
	c->loop = env->loop;
	c->transfers = env->transfers;
	c->blocking = env->blocking;
	if (s3_config_init(c, config, e))
		return c;
	s3_client_free(c);
	return NULL;
}

void s3_client_free(struct s3_client *c)
{
	if (c == NULL)
		return;
	s3_config_fini(c);
	free(c);
}

const char *s3_client_prefix(const struct s3_client *c)
{
	return c->prefix;
}

int64_t s3_client_skew_ms(const struct s3_client *c)
{
	return c->seen_skew_ms;
}
