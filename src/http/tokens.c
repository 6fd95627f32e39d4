/*
 * tokens.c - /v1/tokens: who may ask, and what.
 *
 * Making:   read -> add -> list all -> the guard knows it -> answer; a password
 *           is hashed before it is added.
 * Deleting: delete -> list all -> the guard does not know it any more.
 * The token itself is in the answer to its making and nowhere else.
 */
#include "http/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "http/fields.h"
#include "http/list_int.h"
#include "http/passwords.h"
#include "http/server_int.h"

enum { TOKEN_BYTES = 32, TOKEN_TEXT_MAX = 80 };

#define TOKEN_PREFIX "coffer_"

struct token_state {
	struct token_record token;
	char text[TOKEN_TEXT_MAX];
	const char *password; /* of the body, or NULL */
};

static const char *const roles[] = {"read", "operate", "restore", "admin",
				    NULL};

/* text: the token itself, or NULL. */
static json_t *show_token(const struct token_record *t, const char *text)
{
	json_t *password = t->password[0] != '\0'
				   ? json_pack("{s:b}", "set", true)
				   : json_null();
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o}", "id", t->id, "name", t->name,
		"role", t->role, "created_at", show_time(t->created_at),
		"expires_at", show_time(t->expires_at), "password", password);

	if (json != NULL && text != NULL &&
	    json_object_set_new(json, "token", json_string(text)) != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* --- the list: there are few, so it is put in order here */

static int by_id(const void *a, const void *b)
{
	const struct token_record *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int by_name(const void *a, const void *b)
{
	const struct token_record *x = a, *y = b;
	char folded_x[NAME_BUF], folded_y[NAME_BUF];
	int order;

	name_fold(x->name, folded_x);
	name_fold(y->name, folded_y);
	order = strcmp(folded_x, folded_y);
	return order != 0 ? order : by_id(a, b);
}

static int by_expiry(const void *a, const void *b)
{
	const struct token_record *x = a, *y = b;

	if (x->expires_at != y->expires_at)
		return x->expires_at < y->expires_at ? -1 : 1;
	return by_id(a, b);
}

static const struct token_order {
	const char *word;
	int (*compare)(const void *a, const void *b);
} orders[] = {
	{"created_at", by_id}, /* ids are made in order */
	{"name", by_name},
	{"expires_at", by_expiry},
};

static bool find_order(const char *word, struct token_order *out)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].word, word) == 0) {
			*out = orders[i];
			return true;
		}
	}
	return false;
}

static bool name_contains(const struct token_record *t, const char *q)
{
	char name[NAME_BUF], part[NAME_BUF];

	if (q == NULL)
		return true;
	if (strlen(q) >= sizeof(part))
		return false;
	name_fold(t->name, name);
	name_fold(q, part);
	return strstr(name, part) != NULL;
}

/* Those that are asked for, in order; returns how many. */
static size_t choose(const struct catalog_query *q,
		     const struct token_order *order,
		     const struct token_record *all, size_t n,
		     struct token_record *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (name_contains(&all[i], q->q))
			out[kept++] = all[i];
	}
	qsort(out, kept, sizeof(*out), order->compare);
	for (size_t i = 0; q->sort[0] == '-' && i < kept / 2; i++) {
		struct token_record t = out[i];

		out[i] = out[kept - 1 - i];
		out[kept - 1 - i] = t;
	}
	return kept;
}

/* The cursor is the id of the last one on the page before. */
static bool find_start(const struct catalog_query *q,
		       const struct token_record *list, size_t n, size_t *from)
{
	*from = 0;
	if (q->after == NULL)
		return true;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].id, q->after) == 0) {
			*from = i + 1;
			return true;
		}
	}
	return false;
}

static void reply_page(struct request *r, const struct catalog_query *q,
		       const struct token_record *list, size_t n)
{
	struct catalog_page page = {.total = n};
	json_t *items;
	size_t from;

	if (!find_start(q, list, n, &from)) {
		request_refuse(r, ERR_INVALID, "invalid_cursor",
			       "the cursor is not one of this list: begin "
			       "again without \"after\"");
		return;
	}
	page.n = n - from < q->limit ? n - from : q->limit;
	if (from + page.n < n)
		page.next = list[from + page.n - 1].id;
	items = json_array();
	for (size_t i = from; i < from + page.n; i++)
		list_append(&items, show_token(&list[i], NULL));
	request_reply(r, 200, show_page(items, &page));
}

static void reply_list(struct request *r, struct catalog_query *q,
		       const struct token_record *all, size_t n)
{
	struct token_record *list = calloc(n + 1, sizeof(*list));
	struct token_order order;
	struct err e = {0};

	q->sort = q->sort != NULL ? q->sort : "-created_at";
	if (list == NULL) {
		(void)err_nomem(&e, "a list");
		request_fail(r, &e);
	} else if (!find_order(q->sort + (q->sort[0] == '-'), &order)) {
		request_refuse(r, ERR_INVALID, "invalid_sort",
			       "tokens are sorted by created_at, name or "
			       "expires_at");
	} else {
		n = choose(q, &order, all, n, list);
		reply_page(r, q, list, n);
	}
	free(list);
}

static void on_list(void *arg, const struct token_record *list, size_t n,
		    const struct err *e)
{
	struct request *r = arg;
	struct catalog_query q;

	if (!request_resume(r, e))
		return;
	if (list_query(r, &q))
		reply_list(r, &q, list, n);
}

static void fetch_all(struct request *r, catalog_tokens_cb *done)
{
	struct err e = {0};

	request_await_catalog(r, catalog_token_list(catalog_of(r), done, r, &e),
			      &e);
}

void tokens_list(struct request *r)
{
	struct catalog_query q;

	if (list_query(r, &q))
		fetch_all(r, on_list);
}

/* --- making */

static void read_expiry(struct form *f, int64_t *at_ms)
{
	const char *text = form_string(f, "expires_at", FORM_OPTIONAL);

	if (text == NULL)
		return;
	if (!clock_parse(text, at_ms))
		form_fault(f, "expires_at", "invalid_value",
			   "\"expires_at\" is a time like "
			   "2026-12-01T02:30:00Z, or null");
	else if (*at_ms <= clock_now_ms())
		form_fault(f, "expires_at", "invalid_value",
			   "\"expires_at\" is over already");
}

/* What the browser is logged in with (login.c). */
static const char *read_password(struct form *f)
{
	const char *password = form_string(f, "password", FORM_OPTIONAL);

	if (password != NULL && !password_is_good(password))
		form_fault(f, "password", "invalid_value",
			   "\"password\" has %d to %d characters",
			   (int)PASSWORD_MIN_CHARS, (int)PASSWORD_MAX_CHARS);
	return password;
}

static void read_token(struct request *r, struct token_state *s)
{
	struct token_record *t = &s->token;
	struct form f;

	form_init(&f, r->body, "", &r->faults);
	field_name(&f, t->name);
	if (form_string(&f, "role", FORM_REQUIRED) != NULL)
		(void)str_copy(t->role, sizeof(t->role),
			       field_word(&f, "role", roles, ""));
	read_expiry(&f, &t->expires_at);
	s->password = read_password(&f);
	form_end(&f);
}

static void make_text(struct token_state *s)
{
	unsigned char bytes[TOKEN_BYTES];
	char hex[2 * TOKEN_BYTES + 1];

	secret_random(bytes, sizeof(bytes));
	(void)snprintf(s->text, sizeof(s->text), "%s%s", TOKEN_PREFIX,
		       hex_encode(bytes, sizeof(bytes), hex));
	secret_wipe(hex, sizeof(hex));
	secret_wipe(bytes, sizeof(bytes));
	(void)sha256_hex(s->text, strlen(s->text), s->token.hash);
}

/* The guard goes by the list from here on. */
static bool take_list(struct request *r, const struct token_record *list,
		      size_t n)
{
	struct err e = {0};

	if (auth_set_tokens(r->server->auth, list, n))
		return true;
	(void)err_nomem(&e, "the tokens");
	request_fail(r, &e);
	return false;
}

static void on_made(void *arg, const struct token_record *list, size_t n,
		    const struct err *e)
{
	struct request *r = arg;
	const struct token_state *s = r->state;

	if (!request_resume(r, e) || !take_list(r, list, n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].hash, s->token.hash) == 0) {
			request_reply_created(r, show_token(&list[i], s->text),
					      list[i].id, 1);
			return;
		}
	}
	request_refuse(r, ERR_CONFLICT, "not_found",
		       "the token was deleted meanwhile");
}

static void on_added(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		fetch_all(r, on_made);
}

static void add_token(struct request *r)
{
	struct token_state *s = r->state;
	struct err e = {0};

	make_text(s);
	/* The guard has to learn of it in any case. */
	request_keep(r);
	request_await_catalog(
		r, catalog_token_add(catalog_of(r), &s->token, on_added, r, &e),
		&e);
}

static void on_hashed(struct request *r, const char *hash, const struct err *e)
{
	struct token_state *s = r->state;

	if (hash == NULL) {
		request_fail(r, e);
		return;
	}
	(void)str_copy(s->token.password, sizeof(s->token.password), hash);
	add_token(r);
}

void tokens_create(struct request *r)
{
	struct token_state *s = request_state(r, sizeof(*s), NULL);

	if (s == NULL)
		return;
	read_token(r, s);
	if (!request_is_sound(r))
		return;
	if (s->password != NULL)
		passwords_make(r, s->password, on_hashed);
	else
		add_token(r);
}

/* --- deleting */

static void on_left(void *arg, const struct token_record *list, size_t n,
		    const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e) && take_list(r, list, n))
		request_reply_nothing(r);
}

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		fetch_all(r, on_left);
}

void tokens_delete(struct request *r)
{
	struct err e = {0};

	request_keep(r);
	request_await_catalog(r,
			      catalog_token_delete(catalog_of(r), r->params[0],
						   on_deleted, r, &e),
			      &e);
}
