/* events.c - /v1/events as a list. */
#include "catalog/events.h"

#include <string.h>

#include "http/handlers.h"
#include "http/list_int.h"
#include "http/server_int.h"
#include "http/streams.h"

bool events_may_see(const struct request *r, const char *kind)
{
	return r->who.role >= ROLE_ADMIN || strcmp(kind, "audit") != 0;
}

static void on_list(void *arg, const struct event_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;

	LIST_ANSWER(r, list, page, e, show_event);
}

static void check_words(struct request *r)
{
	static const char *const kinds[] = {"audit", "job",    "backup", "plan",
					    "pool",  "source", NULL};
	static const char *const results[] = {"ok", "failed", "denied", NULL};

	query_word(&r->query, "kind", kinds, &r->faults);
	query_word(&r->query, "result", results, &r->faults);
}

/* "text/event-stream" among what is accepted. */
static bool wants_stream(const struct request *r)
{
	const char *accept = request_header(r, "Accept");

	return !r->is_head && accept != NULL &&
	       strstr(accept, "text/event-stream") != NULL;
}

static bool check_kind(struct request *r)
{
	const char *kind = query_get(&r->query, "kind");

	if (kind == NULL || events_may_see(r, kind))
		return true;
	request_refuse(r, ERR_DENIED, "forbidden",
		       "the audit log needs the role admin, the token has %s",
		       role_name(r->who.role));
	return false;
}

void events_list(struct request *r)
{
	struct catalog_query q;
	struct err e = {0};

	check_words(r);
	if (!list_query(r, &q) || !check_kind(r))
		return;
	if (wants_stream(r)) {
		streams_begin(r);
		return;
	}
	if (!events_may_see(r, "audit"))
		q.kind_not = "audit";
	request_await_catalog(r,
			      catalog_event_list(r->server->config.catalog, &q,
						 on_list, r, &e),
			      &e);
}
