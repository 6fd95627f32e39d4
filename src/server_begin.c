/*
 * server_begin.c - what a start does once the loop runs: recovery -> first
 * token -> tokens -> ready.
 */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "config.h"
#include "http/server.h"
#include "jobs/jobs.h"
#include "loop/loop.h"
#include "scheduler/scheduler.h"
#include "server_int.h"

enum { TOKEN_BYTES = 32, TOKEN_FILE_MAX = 256 };

#define TOKEN_PREFIX "coffer_"

/* The start cannot go on: say why and end. */
static void give_up(struct server *s, const char *what, const struct err *e)
{
	log_error("server", "%s: %s", what, e->msg);
	s->has_failed = true;
	loop_stop(s->loop);
}

static void on_tokens_loaded(void *arg, const struct err *e)
{
	struct server *s = arg;

	if (e != NULL) {
		give_up(s, "cannot load the tokens", e);
		return;
	}
	if (s->is_stopping)
		return;
	s->is_ready = true;
	jobs_start(s->jobs);
	scheduler_start(s->scheduler);
	log_info("server", "cofferd %s ready on %s", PACKAGE_VERSION,
		 s->config->listen);
	loop_notify("READY=1");
}

static void load_tokens(struct server *s)
{
	struct err e = {0};

	if (!http_server_load_tokens(s->http, on_tokens_loaded, s, &e))
		give_up(s, "cannot load the tokens", &e);
}

static void on_token_added(void *arg, const struct err *e)
{
	struct server *s = arg;

	if (e != NULL) {
		give_up(s, "cannot keep the first token", e);
		return;
	}
	log_info("server", "the admin token is in %s", s->token_path);
	load_tokens(s);
}

/* The file's token; a new one is written when there is no file. It is written
 * before the catalog knows of it: a cut between is mended at the next start. */
static char *first_token(struct server *s, struct err *e)
{
	unsigned char bytes[TOKEN_BYTES];
	struct text t = {0};
	char hex[2 * TOKEN_BYTES + 1];
	size_t len;
	char *token = file_read(s->token_path, TOKEN_FILE_MAX, &len, e);

	if (token != NULL) {
		token[strcspn(token, "\r\n")] = '\0';
		return token;
	}
	if (e->code != ERR_NOT_FOUND)
		return NULL;
	err_clear(e);
	secret_random(bytes, sizeof(bytes));
	text_printf(&t, "%s%s\n", TOKEN_PREFIX,
		    hex_encode(bytes, sizeof(bytes), hex));
	secret_wipe(hex, sizeof(hex));
	token = text_take(&t);
	if (token == NULL ||
	    !file_write(s->token_path, 0600, token, strlen(token), e)) {
		(void)err_nomem(e, "a token");
		secret_free(token);
		return NULL;
	}
	token[strcspn(token, "\n")] = '\0';
	return token;
}

static void on_tokens(void *arg, const struct token_record *list, size_t n,
		      const struct err *e)
{
	struct server *s = arg;
	struct token_record r = {.name = "admin", .role = "admin"};
	struct err mine = {0};
	char *token;

	(void)list;
	if (e != NULL) {
		give_up(s, "cannot read the tokens", e);
		return;
	}
	if (n > 0) {
		load_tokens(s);
		return;
	}
	token = first_token(s, &mine);
	if (token == NULL) {
		give_up(s, "cannot make the first token", &mine);
		return;
	}
	(void)sha256_hex(token, strlen(token), r.hash);
	secret_free(token);
	if (catalog_token_add(s->catalog, &r, on_token_added, s, &mine) == NULL)
		give_up(s, "cannot keep the first token", &mine);
}

static void on_recovered(void *arg, const struct err *e)
{
	struct server *s = arg;
	struct err mine = {0};

	if (e != NULL)
		give_up(s, "cannot recover the catalog", e);
	else if (catalog_token_list(s->catalog, on_tokens, s, &mine) == NULL)
		give_up(s, "cannot read the tokens", &mine);
}

bool server_begin(struct server *s, struct err *e)
{
	return catalog_recover(s->catalog, on_recovered, s, e) != NULL;
}
