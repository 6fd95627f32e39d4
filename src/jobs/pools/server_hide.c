/* server_hide.c - see server_hide.h. */
#include "jobs/pools/server_hide.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

static const char *text_of(const json_t *doc, const char *key)
{
	const char *s = json_string_value(json_object_get(doc, key));

	return s != NULL ? s : "";
}

static bool is_encrypted(const json_t *pool)
{
	return json_array_size(json_object_get(pool, "recipients")) > 0;
}

static const json_t *find_pool(const json_t *doc, const char *id)
{
	const json_t *pools = json_object_get(doc, "pools");

	for (size_t i = 0; i < json_array_size(pools); i++) {
		const json_t *pool = json_array_get(pools, i);

		if (strcmp(text_of(pool, "id"), id) == 0)
			return pool;
	}
	return NULL;
}

/* The scopes that are hidden for that pool leave their plans. NULL: no
 * memory. */
static json_t *take_scopes(json_t *doc, const json_t *pool, bool is_its_own)
{
	const json_t *plans = json_object_get(doc, "plans");
	json_t *scopes = json_object();

	for (size_t i = 0; i < json_array_size(plans); i++) {
		json_t *plan = json_array_get(plans, i);
		json_t *scope = json_object_get(plan, "scope");

		if (scope == NULL || json_is_null(scope) ||
		    (!is_its_own && strcmp(text_of(plan, "pool_id"),
					   text_of(pool, "id")) != 0))
			continue;
		if (json_object_set(scopes, text_of(plan, "id"), scope) != 0 ||
		    json_object_set_new(plan, "scope", json_null()) != 0 ||
		    json_object_set_new(plan, "scope_hidden", json_true()) !=
			    0) {
			json_decref(scopes);
			return NULL;
		}
	}
	return scopes;
}

/* The text as an age file in base64; it is freed. NULL with *e filled. */
static json_t *seal(const json_t *pool, char *text, struct err *e)
{
	const json_t *list = json_object_get(pool, "recipients");
	unsigned char *bytes = (unsigned char *)text;
	size_t len = strlen(text), cap = len + 1;
	struct age_recipients r = {0};
	json_t *sealed = NULL;
	char *base64 = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < json_array_size(list); i++) {
		const char *one = json_string_value(json_array_get(list, i));

		ok = age_recipients_add(&r, one != NULL ? one : "", e);
	}
	if (ok && age_seal(&r, &bytes, &len, &cap, e)) {
		base64 = malloc(4 * ((len + 2) / 3) + 1);
		if (base64 != NULL)
			sealed = json_string(base64_encode(bytes, len, base64));
		if (sealed == NULL)
			(void)err_nomem(e, "servers/<id>.json");
	}
	free(base64);
	free(bytes);
	return sealed;
}

static bool hide_for(json_t *doc, json_t *hidden, const json_t *pool,
		     bool is_its_own, struct err *e)
{
	json_t *scopes = take_scopes(doc, pool, is_its_own);
	char *text = scopes != NULL ? json_dumps(scopes, JSON_COMPACT) : NULL;
	bool is_empty = json_object_size(scopes) == 0;
	json_t *sealed;

	json_decref(scopes);
	if (text == NULL)
		return err_nomem(e, "servers/<id>.json");
	if (is_empty) {
		free(text);
		return true;
	}
	sealed = seal(pool, text, e);
	return sealed != NULL &&
	       (json_array_append_new(hidden, json_pack("{s:s, s:o}", "pool_id",
							text_of(pool, "id"),
							"age", sealed)) == 0 ||
		err_nomem(e, "servers/<id>.json"));
}

bool server_hide(json_t *doc, const char *pool_id, struct err *e)
{
	const json_t *pools = json_object_get(doc, "pools");
	const json_t *mine = find_pool(doc, pool_id);
	json_t *hidden = json_array();
	bool ok = true;

	if (is_encrypted(mine))
		ok = hide_for(doc, hidden, mine, true, e);
	for (size_t i = 0; ok && i < json_array_size(pools); i++) {
		const json_t *pool = json_array_get(pools, i);

		if (is_encrypted(pool))
			ok = hide_for(doc, hidden, pool, false, e);
	}
	if (json_object_set_new(doc, "hidden", hidden) != 0)
		return err_nomem(e, "servers/<id>.json");
	return ok;
}

static json_t *open_one(const char *base64, const struct age_identities *ids)
{
	unsigned char *bytes = malloc(strlen(base64) / 4 * 3 + 1);
	json_t *scopes = NULL;
	struct err e = {0};
	size_t len;

	if (bytes != NULL && base64_decode(base64, bytes, &len) &&
	    age_open(ids, bytes, &len, &e))
		scopes = json_loadb((const char *)bytes, len,
				    JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	return scopes;
}

json_t *server_reveal(const json_t *doc, const struct age_identities *ids)
{
	const json_t *hidden = json_object_get(doc, "hidden");
	json_t *all = json_object();

	for (size_t i = 0; i < json_array_size(hidden); i++) {
		json_t *scopes = open_one(
			text_of(json_array_get(hidden, i), "age"), ids);

		if (json_is_object(scopes))
			(void)json_object_update(all, scopes);
		json_decref(scopes);
	}
	return all;
}
