/*
 * login.c - /v1/sessions: a token or a password for the cookie of a session.
 *
 * A session is always new, whatever cookie came with the request, so nobody can
 * be made to log in into one that another one knows. The cookie is HttpOnly and
 * SameSite=Strict (RFC 6265bis); what writes by it is checked in csrf.c.
 */
#include "http/handlers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "http/csrf.h"
#include "http/fields.h"
#include "http/passwords.h"
#include "http/server_int.h"
#include "http/sessions.h"
#include "http/show.h"
#include "model/names.h"

static struct auth *auth_of(const struct request *r)
{
	return r->server->auth;
}

/* A browser that came by TLS, also through a proxy, shall not send it
 * without. */
static void set_cookie(struct request *r, const char *value, unsigned seconds)
{
	const char *origin = request_header(r, "Origin");
	bool is_tls = r->is_tls ||
		      (origin != NULL && strncasecmp(origin, "https:", 6) == 0);

	(void)snprintf(r->cookie, sizeof(r->cookie),
		       SESSION_COOKIE
		       "=%s; HttpOnly; SameSite=Strict; Path=/; Max-Age=%u%s",
		       value, seconds, is_tls ? "; Secure" : "");
}

/* The earlier end: of the session, or of its token. */
static int64_t ends_at(const struct request *r)
{
	const struct auth *a = auth_of(r);
	int64_t token_at = auth_expires_at(a, &r->who);
	int64_t left_ms =
		sessions_left_ms(auth_sessions(auth_of(r)), r->who.session);
	int64_t at = left_ms > 0 ? clock_now_ms() + left_ms : 0;

	if (at == 0 || (token_at != 0 && token_at < at))
		return token_at;
	return at;
}

static json_t *show_who(const struct request *r)
{
	return json_pack("{s:s, s:s, s:o}", "name", r->who.name, "role",
			 role_name(r->who.role), "expires_at",
			 show_time(ends_at(r)));
}

static void open_session(struct request *r)
{
	char text[SESSION_TEXT_MAX];
	struct err e = {0};

	if (!sessions_open(auth_sessions(auth_of(r)), &r->who, text, &e)) {
		request_fail(r, &e);
		return;
	}
	set_cookie(r, text, SESSION_SECONDS);
	secret_wipe(text, sizeof(text));
	request_reply(r, 201, show_who(r));
}

static void by_token(struct request *r, const char *token)
{
	struct err e = {0};

	if (auth_by_token(auth_of(r), conn_peer(r->conn), token, &r->who,
			  &r->retry_seconds, &e))
		open_session(r);
	else
		request_fail(r, &e);
}

/* --- by password */

static void on_tried(struct request *r, bool fits)
{
	const struct auth_login *l = r->state;
	struct err e = {0};

	if (auth_password_end(auth_of(r), l, fits, &r->who, &e))
		open_session(r);
	else
		request_fail(r, &e);
}

/* The connection, and with it who is at its end, may be gone meanwhile. */
static void by_password(struct request *r, const char *name,
			const char *password)
{
	struct auth_login *l = request_state(r, sizeof(*l), NULL);
	struct err e = {0};

	if (l == NULL)
		return;
	l->peer = *conn_peer(r->conn);
	l->name = name;
	if (auth_password_begin(auth_of(r), l, &r->retry_seconds, &e))
		passwords_try(r, password, l->hash, on_tried);
	else
		request_fail(r, &e);
}

/* What is sent: a token, or name and password. */
struct offer {
	const char *token, *name, *password;
};

static void check_length(struct form *f, const char *name, const char *value,
			 size_t max_bytes)
{
	if (value != NULL && strlen(value) > max_bytes)
		form_fault(f, name, "invalid_value",
			   "\"%s\" is too long to be one", name);
}

static void read_offer(struct form *f, struct offer *o)
{
	struct err e = {0};

	o->token = form_string(f, "token", FORM_OPTIONAL);
	o->name = form_string(f, "name", FORM_OPTIONAL);
	o->password = form_string(f, "password", FORM_OPTIONAL);
	form_end(f);
	check_length(f, "token", o->token, TOKEN_MAX - 1);
	check_length(f, "password", o->password, PASSWORD_BUF - 1);
	if (o->name != NULL && !name_check_resource(o->name, &e))
		form_fault_err(f, "name", &e);
	if (f->faults->n > 0)
		return;
	if (o->token == NULL && (o->name == NULL || o->password == NULL))
		form_fault(f, o->name != NULL ? "password" : "name", "required",
			   "send either \"token\", or \"name\" and "
			   "\"password\"");
	else if (o->token != NULL && (o->name != NULL || o->password != NULL))
		form_fault(f, "token", "invalid_value",
			   "send either \"token\", or \"name\" and "
			   "\"password\", not both");
}

void sessions_create(struct request *r)
{
	struct offer o;
	struct form f;

	/* A name may be a password that was typed into the wrong field. */
	r->is_private = true;
	form_init(&f, r->body, "", &r->faults);
	read_offer(&f, &o);
	if (!request_is_sound(r) || !csrf_check_origin(r))
		return;
	if (o.token != NULL)
		by_token(r, o.token);
	else
		by_password(r, o.name, o.password);
}

void sessions_get(struct request *r)
{
	request_reply(r, 200, show_who(r));
}

void sessions_delete(struct request *r)
{
	if (r->who.session == 0) {
		request_refuse(r, ERR_NOT_FOUND, "not_found",
			       "this request came with no session, so none "
			       "is ended");
		return;
	}
	sessions_close(auth_sessions(auth_of(r)), r->who.session);
	set_cookie(r, "", 0);
	request_reply_nothing(r);
}
