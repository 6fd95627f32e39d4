/*
 * apply.c - see apply.h. What a change would come to the server says itself
 * (dry_run); only when that differs is it asked for, at the revision that was
 * looked at.
 */
#include "ctl/declared/apply.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/declared/file.h"
#include "ctl/members.h"
#include "ctl/path.h"

static bool create(struct session *s, const struct declared_kind *k,
		   const json_t *resource, const struct apply_how *how,
		   struct err *e)
{
	const char *untold = declared_untold_secret(resource);
	const struct client_ask ask = {.method = "POST",
				       .path = k->path,
				       .body = resource,
				       .is_keyed = true};
	json_t *doc;

	if (untold != NULL)
		return err_set(e, ERR_INVALID, "secret_missing",
			       "\"%s\" says that there is a secret and not "
			       "which: give it as {\"file\":\"PATH\"}",
			       untold);
	if (how->is_dry_run)
		return true;
	if (!client_send(s->client, &ask, &doc, e))
		return false;
	json_decref(doc);
	return true;
}

/* A merge leaves what is not named: in an object that is declared as a whole
 * that is taken away. */
static void replace_whole(const struct declared_kind *k, json_t *patch,
			  const json_t *now)
{
	for (const char *const *w = k->whole; *w != NULL; w++) {
		json_t *wanted = json_object_get(patch, *w), *member;
		const char *name;

		if (!json_is_object(wanted))
			continue;
		json_object_foreach(json_object_get(now, *w), name, member)
		{
			if (json_object_get(wanted, name) == NULL)
				(void)json_object_set_new(wanted, name,
							  json_null());
		}
	}
}

/* Paths of secrets that are given; all of them, or those that are new. */
static void add_secrets(json_t *changes, const char *path,
			const json_t *resource, const json_t *now, bool all)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)resource, name, member)
	{
		const json_t *there = json_object_get(now, name);
		struct text below = {0};

		text_printf(&below, "%s%s%s", path, *path != '\0' ? "." : "",
			    name);
		if (declared_is_secret(name) && !below.is_broken) {
			if (json_is_string(member) &&
			    (all || !json_is_object(there)))
				(void)json_array_append_new(
					changes, json_string(below.data));
		} else if (!below.is_broken) {
			add_secrets(changes, below.data, member, there, all);
		}
		text_free(&below);
	}
}

static bool send_patch(struct session *s, const char *path, const json_t *patch,
		       const json_t *now, struct err *e)
{
	char revision[24];
	const struct client_ask ask = {.method = "PATCH",
				       .path = path,
				       .body = patch,
				       .if_match = revision};
	json_t *doc;

	(void)snprintf(revision, sizeof(revision), "%" JSON_INTEGER_FORMAT,
		       json_integer_value(json_object_get(now, "revision")));
	if (!client_send(s->client, &ask, &doc, e))
		return false;
	json_decref(doc);
	return true;
}

/* What the patch would come to, compared with what there is. */
static json_t *find_changes(struct session *s, const struct declared_kind *k,
			    const char *path, const json_t *patch,
			    const json_t *now, struct err *e)
{
	struct text dry = {0};
	struct client_ask ask = {.method = "PATCH", .body = patch};
	json_t *would = NULL, *changes = NULL;

	text_str(&dry, path);
	path_query(&dry, "dry_run", "true");
	ask.path = dry.data;
	if (dry.is_broken)
		(void)err_nomem(e, "a request");
	else if (client_send(s->client, &ask, &would, e))
		changes = declared_changes(k, now, would);
	json_decref(would);
	text_free(&dry);
	return changes;
}

/* One resource on its way. */
struct applying {
	struct session *session;
	const struct declared_kind *kind;
	const json_t *resource;
	const struct apply_how *how;
	char *path;  /* of the resource */
	json_t *now; /* as the server has it */
	struct apply_done *done;
};

static bool update(struct applying *a, struct err *e)
{
	json_t *patch = json_deep_copy(a->resource), *changes;
	bool ok = true;

	replace_whole(a->kind, patch, a->now);
	changes = find_changes(a->session, a->kind, a->path, patch, a->now, e);
	if (changes == NULL) {
		json_decref(patch);
		return false;
	}
	add_secrets(changes, "", a->resource, a->now, a->how->with_secrets);
	if (json_array_size(changes) > 0) {
		a->done->what = APPLIED_CHANGED;
		a->done->changes = json_incref(changes);
		ok = a->how->is_dry_run ||
		     send_patch(a->session, a->path, patch, a->now, e);
	}
	json_decref(changes);
	json_decref(patch);
	return ok;
}

static bool make(struct applying *a, struct err *e)
{
	struct err why = {0};

	if (client_get(a->session->client, a->path, &a->now, &why))
		return update(a, e);
	if (why.code != ERR_NOT_FOUND || strcmp(why.api, "not_found") != 0) {
		*e = why;
		return false;
	}
	a->done->what = APPLIED_CREATED;
	return create(a->session, a->kind, a->resource, a->how, e);
}

bool apply_one(struct session *s, const struct declared_kind *k,
	       const json_t *resource, const struct apply_how *how,
	       struct apply_done *done, struct err *e)
{
	struct applying a = {.session = s,
			     .kind = k,
			     .resource = resource,
			     .how = how,
			     .done = done};
	struct text path = {0};
	bool ok;

	*done = (struct apply_done){0};
	text_str(&path, k->path);
	path_segment(&path, member_text(resource, "name", ""));
	a.path = text_take(&path);
	ok = a.path != NULL ? make(&a, e) : err_nomem(e, "a request");
	free(a.path);
	json_decref(a.now);
	return ok;
}
