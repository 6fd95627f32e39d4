/* client.c - see client.h. What libcurl is told is in client_exchange.c. */
#include "ctl/client_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "ctl/path.h"

enum { PAGE_ITEMS = 500 };

static char *copy(const char *s)
{
	return strdup(s != NULL ? s : "");
}

static bool is_url(const char *s)
{
	return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

struct client *client_new(const struct client_config *config, struct err *e)
{
	struct client *c;

	if (config->socket == NULL && !is_url(config->server)) {
		(void)err_set(e, ERR_INVALID, "usage",
			      "a server is written http://HOST:PORT or "
			      "https://HOST");
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)err_bug(e, "libcurl does not start");
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c != NULL) {
		c->socket = copy(config->socket);
		c->server = copy(config->socket != NULL ? "http://localhost"
							: config->server);
		c->token = copy(config->token);
		c->ca_file = copy(config->ca_file);
		c->easy = curl_easy_init();
	}
	if (c != NULL && c->socket && c->server && c->token && c->ca_file &&
	    c->easy) {
		while (*c->server != '\0' &&
		       c->server[strlen(c->server) - 1] == '/')
			c->server[strlen(c->server) - 1] = '\0';
		return c;
	}
	client_free(c);
	(void)err_nomem(e, "a client");
	return NULL;
}

void client_free(struct client *c)
{
	if (c == NULL)
		return;
	if (c->easy != NULL)
		curl_easy_cleanup(c->easy);
	json_decref(c->problem);
	secret_free(c->token);
	free(c->socket);
	free(c->server);
	free(c->ca_file);
	free(c);
	curl_global_cleanup();
}

void reply_fini(struct reply *r)
{
	free(r->text);
	json_decref(r->json);
	*r = (struct reply){0};
}

const json_t *client_problem(const struct client *c)
{
	return c->problem;
}

static enum err_code code_of(long status)
{
	switch (status) {
	case 401:
	case 403:
		return ERR_DENIED;
	case 404:
		return ERR_NOT_FOUND;
	case 409:
	case 412:
		return ERR_CONFLICT;
	case 400:
	case 422:
		return ERR_INVALID;
	default:
		return ERR_REMOTE;
	}
}

static const char *text_of(const json_t *doc, const char *name,
			   const char *otherwise)
{
	const char *s = json_string_value(json_object_get(doc, name));

	return s != NULL ? s : otherwise;
}

/* What answers without a problem document is not the server, but perhaps
 * something before it. */
static bool refused(struct client *c, const struct reply *r, struct err *e)
{
	char detail[ERR_MSG_MAX], code[ERR_API_MAX];

	if (json_object_get(r->json, "code") == NULL)
		return err_set(e, r->status >= 500 ? ERR_CONNECT : ERR_REMOTE,
			       "no_server",
			       "what answers with status %ld is no cofferd: "
			       "look at the address",
			       r->status);
	c->problem = json_incref(r->json);
	(void)str_printable(detail, sizeof(detail),
			    text_of(r->json, "detail", "it does not say why"));
	(void)str_printable(code, sizeof(code), text_of(r->json, "code", ""));
	return err_set(e, code_of(r->status), code, "%s", detail);
}

bool client_call(struct client *c, const struct client_ask *ask,
		 struct reply *r, struct err *e)
{
	json_decref(c->problem);
	c->problem = NULL;
	if (!client_exchange(c, ask, r, e))
		return false;
	r->json = json_loadb(r->text, r->len, JSON_REJECT_DUPLICATES, NULL);
	return r->status < 400 || refused(c, r, e);
}

bool client_send(struct client *c, const struct client_ask *ask, json_t **out,
		 struct err *e)
{
	struct reply r = {0};
	bool ok = client_call(c, ask, &r, e);

	*out = NULL;
	if (ok && r.status != 204 && !json_is_object(r.json))
		ok = err_set(e, ERR_REMOTE, "no_server",
			     "what answers is no cofferd: look at the address");
	if (ok)
		*out = json_incref(r.json);
	reply_fini(&r);
	return ok;
}

bool client_get(struct client *c, const char *path, json_t **out, struct err *e)
{
	const struct client_ask ask = {.method = "GET", .path = path};

	return client_send(c, &ask, out, e);
}

static bool take_page(struct client_pages *p, const json_t *page, json_t *items)
{
	free(p->after);
	p->after = strdup(text_of(page, "next", ""));
	p->total = json_integer_value(json_object_get(page, "total"));
	return p->after != NULL &&
	       json_array_extend(items, json_object_get(page, "items")) == 0;
}

bool client_page(struct client *c, struct client_pages *p, json_t *items,
		 struct err *e)
{
	bool is_later = p->after != NULL && *p->after != '\0';
	json_t *page = NULL;
	struct text t = {0};
	char number[24];
	bool ok;

	(void)snprintf(number, sizeof(number), "%d",
		       p->limit > 0 && p->limit < PAGE_ITEMS ? (int)p->limit
							     : PAGE_ITEMS);
	text_str(&t, p->path);
	path_query(&t, "limit", number);
	path_query(&t, "after", is_later ? p->after : NULL);
	ok = (!t.is_broken || err_nomem(e, "a request")) &&
	     client_get(c, t.data, &page, e) &&
	     (take_page(p, page, items) || err_nomem(e, "a list"));
	json_decref(page);
	text_free(&t);
	return ok;
}

bool client_list(struct client *c, const char *path, size_t limit,
		 json_t *items, json_int_t *total, struct err *e)
{
	struct client_pages p = {.path = path};
	bool ok, is_full;

	do {
		p.limit = limit > 0 ? limit - json_array_size(items) : 0;
		ok = client_page(c, &p, items, e);
		is_full = limit > 0 && json_array_size(items) >= limit;
	} while (ok && *p.after != '\0' && !is_full);
	free(p.after);
	if (total != NULL)
		*total = p.total;
	return ok;
}
