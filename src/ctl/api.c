/* api.c - any request, for what has no command. */
#include "ctl/command.h"

#include <string.h>

#include "ctl/client.h"
#include "ctl/read_json.h"
#include "ctl/session.h"
#include "ctl/words.h"

static const struct option_spec options[] = {
	{"if-match", 0, "REVISION", "change only what is at that revision"},
	{NULL, 0, NULL, NULL},
};

static bool is_method(const char *s)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH",
					      "DELETE"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (strcmp(s, methods[i]) == 0)
			return true;
	}
	return false;
}

/* What the server says, as it says it; a document is indented. */
static void tell(const struct session *s, const struct reply *r)
{
	struct text clean = {0};

	if (r->json != NULL) {
		session_json(s, r->json);
	} else if (s->is_terminal) {
		words_clean(&clean, r->text, r->len, true);
		if (clean.data != NULL && !clean.is_broken)
			session_text(clean.data, clean.len);
		text_free(&clean);
	} else {
		session_text(r->text, r->len);
	}
}

static bool prepare(const struct arguments *a, struct client_ask *ask,
		    json_t **body, struct err *e)
{
	*body = NULL;
	if (!is_method(a->words[0]))
		return err_set(e, ERR_INVALID, "usage",
			       "the method is GET, POST, PATCH or DELETE");
	if (a->words[1][0] != '/' || strpbrk(a->words[1], " \r\n") != NULL)
		return err_set(e, ERR_INVALID, "usage",
			       "the path begins with / and has no spaces");
	ask->method = a->words[0];
	ask->path = a->words[1];
	ask->if_match = arguments_get(a, "if-match");
	if (a->nwords < 3)
		return true;
	*body = read_json(a->words[2], e);
	ask->body = *body;
	return *body != NULL;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	enum ctl_status status = CTL_OK;
	struct client_ask ask = {0};
	struct reply r = {0};
	struct err e = {0};
	json_t *body;

	if (!prepare(a, &ask, &body, &e) ||
	    !client_call(s->client, &ask, &r, &e))
		status = session_fail(s, &e);
	else
		tell(s, &r);
	reply_fini(&r);
	json_decref(body);
	return status;
}

const struct command *api_command(void)
{
	static const struct command c = {
		.name = "api",
		.synopsis = "METHOD PATH [FILE|-]",
		.summary =
			"any request; its body from a file or standard input",
		.options = options,
		.min_words = 2,
		.max_words = 3,
		.run = run,
	};

	return &c;
}
