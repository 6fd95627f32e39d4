/* bucket.c - see bucket.h. */
#include "sources/objects/bucket.h"

#include "base/text.h"

struct s3_client *bucket_open(const struct source_env *env,
			      const struct source_address *a, unsigned attempts,
			      struct err *e)
{
	const struct s3_env s3 = {env->loop, env->transfers, env->bulk};
	const struct s3_config c = {
		.endpoint = a->endpoint,
		.region = a->region,
		.bucket = a->bucket,
		.access_key = a->user,
		.secret_key = a->password,
		.ca_file = a->ca_file,
		.is_path_style = a->is_path_style,
		.max_attempts = attempts,
	};
	struct s3_client *client;

	if (env->transfers == NULL) {
		(void)err_bug(e, "a bucket without curl");
		return NULL;
	}
	client = s3_client_new(&s3, &c, e);
	if (client == NULL)
		bucket_judge(e);
	return client;
}

void bucket_judge(struct err *e)
{
	const char *code =
		e->code == ERR_DENIED ? "access_denied" : "connection_failed";

	if (e->code != ERR_NOMEM && e->code != ERR_BUG)
		(void)str_copy(e->api, sizeof(e->api), code);
}
