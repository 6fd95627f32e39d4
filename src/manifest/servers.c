/* servers.c - servers/<id>.json: asked for, compared, written. Documents are
 * made and read on a worker: they hold every plan of a server. */
#include "manifest/servers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/exchange_int.h"
#include "manifest/manifest_int.h"

#define SERVER_FORMAT "coffer-server"

enum servers_state {
	SERVERS_BEGIN,	 /* nothing was asked yet */
	SERVERS_FETCH,	 /* what is there is under way */
	SERVERS_WORKING, /* a worker reads it, and makes ours */
	SERVERS_PUT,	 /* ours is on its way */
};

struct servers {
	struct exchange base; /* first */
	enum servers_state state;
	char server_id[ID_MAX];
	char *json;    /* to be written; NULL: reads */
	char *text;    /* the document made of it, or what was read */
	bool is_there; /* something was fetched */
	bool is_same;  /* as what is to be written */
	bool is_forced;
	char **out;
};

static struct servers *servers_of(struct exchange *x)
{
	return (struct servers *)((char *)x - offsetof(struct servers, base));
}

/* --- on a worker */

static json_t *with_head(const struct servers *s)
{
	json_t *doc = json_loads(s->json, JSON_REJECT_DUPLICATES, NULL);

	if (json_object_set_new(doc, "format", json_string(SERVER_FORMAT)) !=
		    0 ||
	    json_object_set_new(doc, "format_version",
				json_sprintf("%d.%d", MANIFEST_MAJOR,
					     MANIFEST_MINOR)) != 0 ||
	    json_object_set_new(doc, "server_id", json_string(s->server_id)) !=
		    0 ||
	    json_object_set_new(
		    doc, "public_key",
		    json_string(signer_public(s->base.env.signer))) != 0) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

static bool make_text(struct servers *s, struct err *e)
{
	char digest[SHA256_HEX_MAX];
	json_t *doc = with_head(s);
	bool ok = doc != NULL || err_nomem(e, "servers/<id>.json");

	ok = ok && manifest_seal(doc, s->base.env.signer, digest, e);
	if (ok) {
		s->text = manifest_canonical(doc);
		ok = s->text != NULL || err_nomem(e, "servers/<id>.json");
	}
	json_decref(doc);
	if (ok && strlen(s->text) > SERVER_FILE_MAX_BYTES)
		return err_set(e, ERR_INVALID, "internal",
			       "servers/%s.json would be longer than %d bytes",
			       s->server_id, SERVER_FILE_MAX_BYTES);
	return ok;
}

/* One that is no document of ours is written over. */
static bool check_there(const struct servers *s, struct err *e)
{
	const struct exchange *x = &s->base;
	struct err why = {0};
	json_t *doc = manifest_load(x->bytes, x->len, "it", &why);
	bool is_taken = json_is_object(json_object_get(doc, "taken_over"));

	json_decref(doc);
	return !is_taken ||
	       err_set(e, ERR_CONFLICT, "taken_over",
		       "servers/%s.json says that another server took this "
		       "one's place; what it took over is no longer this "
		       "server's",
		       s->server_id);
}

static bool compose(struct servers *s, struct err *e)
{
	const struct exchange *x = &s->base;

	if (!make_text(s, e))
		return false;
	s->is_same = s->is_there && x->len == strlen(s->text) &&
		     memcmp(x->bytes, s->text, x->len) == 0;
	return s->is_same || s->is_forced || !s->is_there || check_there(s, e);
}

static bool check_read(json_t *doc, const struct servers *s, struct err *e)
{
	char digest[SHA256_HEX_MAX], id[ID_MAX];
	const char *format = manifest_get_text(doc, "format", 32, e);
	const char *version = manifest_get_text(doc, "format_version", 16, e);

	if (format == NULL || version == NULL)
		return false;
	if (strcmp(format, SERVER_FORMAT) != 0 ||
	    strncmp(version, "1.", 2) != 0)
		return manifest_damaged(e, "it is of a format that this "
					   "server does not know");
	if (!manifest_check_seal(doc, digest, e) ||
	    !manifest_get_id(doc, "server_id", "srv", id, e))
		return false;
	return strcmp(id, s->server_id) == 0 ||
	       manifest_damaged(e, "it belongs to another server");
}

static bool read_text(struct servers *s, struct err *e)
{
	json_t *doc = manifest_load(s->base.bytes, s->base.len, "the file", e);
	bool ok = doc != NULL && check_read(doc, s, e);

	if (ok) {
		s->text = json_dumps(doc, JSON_COMPACT);
		ok = s->text != NULL || err_nomem(e, "servers/<id>.json");
	}
	json_decref(doc);
	return ok;
}

static void servers_run(struct exchange *x)
{
	struct servers *s = servers_of(x);
	bool ok = s->json != NULL ? compose(s, &x->answer)
				  : read_text(s, &x->answer);

	if (!ok && !err_is(&x->answer))
		(void)err_bug(&x->answer, "reading failed without a reason");
}

/* --- on the loop */

static void fetch(struct servers *s)
{
	char key[LAYOUT_KEY_MAX];

	s->state = SERVERS_FETCH;
	exchange_get(&s->base, layout_server(key, s->server_id),
		     SERVER_FILE_MAX_BYTES);
}

static void on_fetched(struct servers *s)
{
	s->is_there = s->base.answer.code == ERR_NONE;
	s->state = SERVERS_WORKING;
	exchange_work(&s->base);
}

static void on_worked(struct servers *s)
{
	struct exchange *x = &s->base;
	char key[LAYOUT_KEY_MAX];

	if (s->json == NULL) {
		*s->out = s->text;
		s->text = NULL;
	}
	if (s->json == NULL || s->is_same) {
		exchange_end(x, NULL);
		return;
	}
	s->state = SERVERS_PUT;
	exchange_put(x, layout_server(key, s->server_id), s->text,
		     strlen(s->text));
}

/* Nothing there yet, or something that is too long, can be written over. */
static bool may_go_on(const struct servers *s)
{
	enum err_code code = s->base.answer.code;

	return code == ERR_NONE ||
	       (s->state == SERVERS_FETCH && s->json != NULL &&
		(code == ERR_NOT_FOUND || code == ERR_DAMAGED));
}

static void servers_step(struct exchange *x)
{
	struct servers *s = servers_of(x);

	if (!may_go_on(s)) {
		err_prefix(&x->answer, "servers/%s.json", s->server_id);
		exchange_end(x, &x->answer);
		return;
	}
	switch (s->state) {
	case SERVERS_BEGIN:
		fetch(s);
		break;
	case SERVERS_FETCH:
		on_fetched(s);
		break;
	case SERVERS_WORKING:
		on_worked(s);
		break;
	case SERVERS_PUT:
		exchange_end(x, NULL);
		break;
	}
}

static void servers_fini(struct exchange *x)
{
	struct servers *s = servers_of(x);

	free(s->json);
	free(s->text);
}

static const struct exchange_ops servers_ops = {
	.step = servers_step,
	.run = servers_run,
	.fini = servers_fini,
};

static struct exchange *begin(const struct exchange_env *env,
			      const struct server_file *f, char **out,
			      exchange_done_cb *done, void *arg, struct err *e)
{
	struct servers *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto nomem;
	s->base.done = done;
	s->base.arg = arg;
	s->out = out;
	s->is_forced = f->is_forced;
	(void)str_copy(s->server_id, ID_MAX, f->server_id);
	if (f->json != NULL) {
		s->json = strdup(f->json);
		if (s->json == NULL)
			goto nomem;
	}
	if (exchange_init(&s->base, &servers_ops, env, e))
		return &s->base;
nomem:
	if (s != NULL)
		free(s->json);
	free(s);
	(void)err_nomem(e, "a conversation with the store");
	return NULL;
}

struct exchange *exchange_server_put(const struct exchange_env *env,
				     const struct server_file *f,
				     exchange_done_cb *done, void *arg,
				     struct err *e)
{
	return begin(env, f, NULL, done, arg, e);
}

struct exchange *exchange_server_get(const struct exchange_env *env,
				     const char *server_id, char **json,
				     exchange_done_cb *done, void *arg,
				     struct err *e)
{
	const struct server_file f = {.server_id = server_id};

	return begin(env, &f, json, done, arg, e);
}
