/*
 * console.c - / and /console/...: the console's files, for everybody.
 *
 * They hold no secret and change nothing; what they may do in a browser is said
 * by the policy of the pages among them.
 */
#include "http/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/console.h"
#include "http/accept.h"
#include "http/server_int.h"
#include "loop/workers.h"

/* Content Security Policy Level 3 and Trusted Types (both W3C). */
static const char page_policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; "
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
	"form-action 'self'; frame-ancestors 'none'; "
	"require-trusted-types-for 'script'";

static bool is_page(const char *type)
{
	return strncmp(type, "text/html", 9) == 0;
}

/* What all of them are answered with. The coding is a part of the tag: a strong
 * one is of these very bytes (RFC 9110, section 8.8.3). */
static void set_headers(struct request *r, const char *type, const char *digest,
			bool is_gzip)
{
	r->cache = "no-cache";
	r->vary = "Accept-Encoding";
	r->encoding = is_gzip ? "gzip" : NULL;
	r->policy = is_page(type) ? page_policy : NULL;
	(void)snprintf(r->etag, sizeof(r->etag), "\"%.32s%s\"", digest,
		       is_gzip ? "-gzip" : "");
}

static void reply_file(struct request *r, const char *digest,
		       const struct reply_bytes *b)
{
	set_headers(r, b->type, digest, b->is_gzip);
	if (accept_has_tag(request_header(r, "If-None-Match"), r->etag))
		request_reply_unchanged(r);
	else
		request_reply_bytes(r, 200, b);
}

static void reply_embedded(struct request *r, const char *path)
{
	const struct console_file *f = console_find(path);
	bool is_gzip = accept_gzip(request_header(r, "Accept-Encoding"));
	struct reply_bytes b = {.is_static = true, .is_gzip = is_gzip};

	if (f == NULL) {
		request_refuse(r, ERR_NOT_FOUND, "not_found",
			       "the console has no such file");
		return;
	}
	b.type = console_type(path);
	b.bytes = (const char *)(is_gzip ? f->gzip : f->plain);
	b.len = is_gzip ? f->gzip_len : f->len;
	reply_file(r, f->digest, &b);
}

/* --- from a folder, read by a worker: the request may go meanwhile */

struct loading {
	struct work work;
	struct request *request; /* NULL: it is gone */
	const char *dir;
	char *path;
	struct console_loaded file;
	bool is_loaded;
	struct err e; /* when it is not */
};

/* What the request keeps of it. */
struct loading_ref {
	struct loading *loading;
};

static void loading_free(struct loading *l)
{
	console_loaded_fini(&l->file);
	free(l->path);
	free(l);
}

static void loading_dispose(struct work *w)
{
	loading_free((struct loading *)(void *)w);
}

static void ref_fini(void *state)
{
	struct loading_ref *ref = state;

	if (ref->loading != NULL)
		work_abandon(&ref->loading->work, loading_dispose);
}

static void load_run(struct work *w)
{
	struct loading *l = (struct loading *)(void *)w;

	l->is_loaded = console_load(l->dir, l->path, &l->file, &l->e);
}

static void load_done(struct work *w)
{
	struct loading *l = (struct loading *)(void *)w;
	struct loading_ref *ref = l->request->state;
	struct reply_bytes b = {.type = l->file.type,
				.bytes = l->file.bytes,
				.len = l->file.len};

	ref->loading = NULL;
	if (l->is_loaded)
		reply_file(l->request, l->file.digest, &b);
	else
		request_fail(l->request, &l->e);
	loading_free(l);
}

static void reply_from_folder(struct request *r, const char *path)
{
	const struct http_config *c = &r->server->config;
	struct loading_ref *ref = request_state(r, sizeof(*ref), ref_fini);
	struct loading *l = ref ? calloc(1, sizeof(*l)) : NULL;
	struct err e = {0};

	if (ref == NULL)
		return;
	if (l == NULL || (l->path = strdup(path)) == NULL) {
		free(l);
		(void)err_nomem(&e, "a file of the console");
		request_fail(r, &e);
		return;
	}
	l->dir = c->console_dir;
	l->request = r;
	l->work.run = load_run;
	l->work.done = load_done;
	ref->loading = l;
	workers_submit(c->blocking, &l->work);
}

static void reply_path(struct request *r, const char *path)
{
	const struct http_config *c = &r->server->config;

	if (!c->has_console)
		request_refuse(r, ERR_NOT_FOUND, "console_off",
			       "the console is turned off here: set "
			       "\"console = on\" and start the server again");
	else if (c->console_dir != NULL)
		reply_from_folder(r, path);
	else
		reply_embedded(r, path);
}

void console_index(struct request *r)
{
	reply_path(r, "index.html");
}

void console_docs(struct request *r)
{
	reply_path(r, "docs.html");
}

void console_get(struct request *r)
{
	reply_path(r, r->params[0]);
}
