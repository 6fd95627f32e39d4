/* provisioners.c - /v1/provisioners: which there are, and what each can. */
#include "http/handlers.h"

#include "http/list_int.h"
#include "http/server_int.h"
#include "jobs/instances.h"

static json_t *show_failure(const struct err *e)
{
	if (!err_is(e))
		return json_null();
	return json_pack("{s:s, s:s}", "code", e->api, "detail", e->msg);
}

/* Of an answer of somebody's program, what the contract has. */
static json_t *show_engine(const json_t *one)
{
	return json_pack("{s:O, s:O, s:O}", "engine",
			 json_object_get(one, "engine"), "versions",
			 json_object_get(one, "versions"), "methods",
			 json_object_get(one, "methods"));
}

static json_t *show_provisioner(const struct jobs_provisioner *p)
{
	json_t *engines = json_array();

	for (size_t i = 0; i < json_array_size(p->engines); i++)
		list_append(&engines,
			    show_engine(json_array_get(p->engines, i)));
	return json_pack("{s:s, s:o, s:o, s:o}", "name", p->name, "description",
			 show_text(p->description), "engines", engines, "error",
			 show_failure(&p->err));
}

static void on_told(void *arg, const struct jobs_provisioner *list, size_t n,
		    const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		list_append(&items, show_provisioner(&list[i]));
	request_reply(r, 200, json_pack("{s:o}", "items", items));
}

void provisioners_list(struct request *r)
{
	struct err e = {0};

	request_await_jobs(
		r, jobs_provisioners(r->server->config.jobs, on_told, r, &e),
		&e);
}
