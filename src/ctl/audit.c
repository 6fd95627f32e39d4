/* audit.c - proves that nobody has changed the log of events. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/chain.h"
#include "ctl/client.h"
#include "ctl/session.h"

static const struct option_spec options[] = {
	{"head", 0, "ID:HASH", "what an earlier run has told: must be there"},
	{NULL, 0, NULL, NULL},
};

static bool take_all(struct chain *c, const json_t *items, struct err *e)
{
	for (size_t i = 0; i < json_array_size(items); i++)
		if (!chain_take(c, json_array_get(items, i), e))
			return false;
	return true;
}

static bool walk(const struct session *s, struct chain *c, struct err *e)
{
	struct client_pages p = {.path = "/v1/events?sort=id"};
	bool ok;

	do {
		json_t *items = json_array();

		ok = client_page(s->client, &p, items, e) &&
		     take_all(c, items, e);
		json_decref(items);
	} while (ok && *p.after != '\0');
	free(p.after);
	return ok && chain_end(c, e);
}

static void tell(const struct session *s, const struct chain *c)
{
	json_int_t n = c->last > 0 ? c->last - c->first + 1 : 0;
	char head[CHAIN_HEAD_MAX];
	json_t *doc;

	(void)chain_head(c, head);
	if (s->is_json) {
		doc = json_pack("{s:I, s:I, s:I, s:s}", "events", n, "first",
				c->first, "last", c->last, "head", head);
		session_json(s, doc);
		json_decref(doc);
		return;
	}
	(void)printf("%" JSON_INTEGER_FORMAT " events, none changed\n"
		     "head: %s\n",
		     n, head);
}

/* An operator's token sees some of the events only: they would seem broken. */
static bool may_see_all(const struct session *s, struct err *e)
{
	json_t *doc = NULL;
	bool ok =
		client_get(s->client, "/v1/events?kind=audit&limit=1", &doc, e);

	json_decref(doc);
	return ok;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	const char *head = arguments_get(a, "head");
	struct chain c = {0};
	struct err e = {0};

	if (strcmp(a->words[0], "verify") != 0)
		(void)err_set(&e, ERR_INVALID, "usage", "say \"audit verify\"");
	if (err_is(&e) || (head != NULL && !chain_want(&c, head, &e)) ||
	    !may_see_all(s, &e) || !walk(s, &c, &e))
		return session_fail(s, &e);
	tell(s, &c);
	return CTL_OK;
}

const struct command *audit_command(void)
{
	static const struct command c = {
		.name = "audit",
		.synopsis = "verify [--head ID:HASH]",
		.summary = "whether the log of events is as it was written",
		.options = options,
		.min_words = 1,
		.max_words = 1,
		.run = run,
	};

	return &c;
}
