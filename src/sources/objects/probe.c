/* probe.c - whether the bucket is there and the key may list it. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "s3/client.h"
#include "s3/fields.h"
#include "s3/request.h"
#include "sources/objects/bucket.h"
#include "sources/objects/objects.h"
#include "sources/op_int.h"

enum { ATTEMPTS = 2, QUERY_PAIRS = 3 };

struct probe {
	struct source_op op; /* comes first */
	struct s3_client *client;
	struct s3_request *request;
	struct s3_pair query[QUERY_PAIRS];
	char *prefix;
	bool is_telling;
	source_probe_cb *done;
	void *arg;
};

static void probe_free(struct probe *p)
{
	s3_request_cancel(p->request);
	s3_client_free(p->client);
	free(p->prefix);
	free(p);
}

/* From within its own callback there is nothing left to cancel. */
static void cancel(struct source_op *op)
{
	struct probe *p = (struct probe *)(void *)op;

	if (!p->is_telling)
		probe_free(p);
}

static void name_store(const struct s3_fields *fields, struct source_info *info)
{
	const char *server = s3_fields_get(fields, "server");
	const char *id = s3_fields_get(fields, "x-amz-request-id");

	if (server != NULL && server[0] != '\0')
		(void)str_printable(info->version, sizeof(info->version),
				    server);
	else if (id != NULL && strncmp(id, "tx0", 3) == 0)
		(void)str_copy(info->version, sizeof(info->version), "Ceph");
	else
		(void)str_copy(info->version, sizeof(info->version), "S3");
}

static void on_list(void *arg, const struct s3_result *r, const struct err *e)
{
	struct probe *p = arg;
	struct source_info info = {0};
	struct err mine = {0};

	p->request = NULL;
	if (e != NULL) {
		mine = *e;
		bucket_judge(&mine);
	} else {
		name_store(r->fields, &info);
	}
	p->is_telling = true;
	p->done(p->arg, e == NULL ? &info : NULL, &mine);
	probe_free(p);
}

static bool ask(struct probe *p, struct err *e)
{
	struct s3_call call = {.method = "GET",
			       .query = p->query,
			       .nquery = QUERY_PAIRS,
			       .wants_fields = true};

	p->query[0] = (struct s3_pair){"list-type", "2"};
	p->query[1] = (struct s3_pair){"max-keys", "1"};
	p->query[2] = (struct s3_pair){"prefix", p->prefix};
	p->request = s3_request_start(p->client, &call, on_list, p, e);
	return p->request != NULL;
}

struct source_op *objects_probe(const struct source_env *env,
				const struct source_address *a,
				source_probe_cb *done, void *arg, struct err *e)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a probe");
		return NULL;
	}
	p->op.cancel = cancel;
	p->done = done;
	p->arg = arg;
	p->prefix = strdup(a->prefix != NULL ? a->prefix : "");
	if (p->prefix == NULL)
		(void)err_nomem(e, "a probe");
	else
		p->client = bucket_open(env, a, ATTEMPTS, e);
	if (p->client != NULL && ask(p, e))
		return &p->op;
	probe_free(p);
	return NULL;
}
