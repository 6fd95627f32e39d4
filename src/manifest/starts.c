/* starts.c - servers/<id>.start, read or written. */
#include "manifest/starts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "manifest/exchange_int.h"
#include "manifest/manifest_int.h"

enum { START_MAX_BYTES = 4096 };

struct start {
	struct exchange base; /* first */
	bool is_asked;
	char *text; /* to be written; NULL: reads */
	char *out;
};

static struct start *start_of(struct exchange *x)
{
	return (struct start *)((char *)x - offsetof(struct start, base));
}

static void read_start(struct start *s)
{
	const struct exchange *x = &s->base;
	struct err e = {0};
	json_t *doc;

	(void)str_copy(s->out, ID_MAX, "?");
	if (x->answer.code == ERR_NOT_FOUND) {
		s->out[0] = '\0';
		return;
	}
	if (x->answer.code == ERR_DAMAGED)
		return;
	doc = manifest_load(x->bytes, x->len, "it", &e);
	if (doc == NULL || !manifest_get_id(doc, "start_id", "sta", s->out, &e))
		(void)str_copy(s->out, ID_MAX, "?");
	json_decref(doc);
}

static void ask(struct start *s)
{
	struct exchange *x = &s->base;
	char key[LAYOUT_KEY_MAX];

	s->is_asked = true;
	(void)layout_start(key, x->env.server_id);
	if (s->text != NULL)
		exchange_put(x, key, s->text, strlen(s->text));
	else
		exchange_get(x, key, START_MAX_BYTES);
}

static void start_step(struct exchange *x)
{
	struct start *s = start_of(x);
	enum err_code code = x->answer.code;
	bool is_answer = code == ERR_NONE ||
			 (s->text == NULL &&
			  (code == ERR_NOT_FOUND || code == ERR_DAMAGED));

	if (!s->is_asked && code == ERR_NONE) {
		ask(s);
		return;
	}
	if (!is_answer) {
		err_prefix(&x->answer, "servers/%s.start", x->env.server_id);
		exchange_end(x, &x->answer);
		return;
	}
	if (s->text == NULL)
		read_start(s);
	exchange_end(x, NULL);
}

static void start_fini(struct exchange *x)
{
	free(start_of(x)->text);
}

static const struct exchange_ops start_ops = {
	.step = start_step,
	.fini = start_fini,
};

static struct exchange *begin(const struct exchange_env *env, char *text,
			      char *out, exchange_done_cb *done, void *arg,
			      struct err *e)
{
	struct start *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->text = text;
		s->out = out;
		s->base.done = done;
		s->base.arg = arg;
		if (exchange_init(&s->base, &start_ops, env, e))
			return &s->base;
	}
	free(text);
	free(s);
	(void)err_nomem(e, "a conversation with the store");
	return NULL;
}

struct exchange *exchange_start_get(const struct exchange_env *env,
				    char out[ID_MAX], exchange_done_cb *done,
				    void *arg, struct err *e)
{
	return begin(env, NULL, out, done, arg, e);
}

struct exchange *exchange_start_put(const struct exchange_env *env,
				    const char *start_id,
				    exchange_done_cb *done, void *arg,
				    struct err *e)
{
	char at[CLOCK_TEXT_MAX];
	json_t *doc =
		json_pack("{s:s, s:s, s:s, s:s}", "format", "coffer-start",
			  "server_id", env->server_id, "start_id", start_id,
			  "written_at", clock_format(clock_now_ms(), at));
	char *text = doc != NULL ? manifest_canonical(doc) : NULL;

	json_decref(doc);
	if (text == NULL) {
		(void)err_nomem(e, "a start");
		return NULL;
	}
	return begin(env, text, NULL, done, arg, e);
}
