/* manifest_format.c - the document as JSON: canonical, digested, signed. */
#include "manifest/manifest_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

char *manifest_canonical(const json_t *doc)
{
	return json_dumps(doc, JSON_SORT_KEYS | JSON_COMPACT);
}

static bool put(json_t *doc, const char *key, json_t *value)
{
	return json_object_set_new(doc, key, value) == 0;
}

static bool put_text(json_t *doc, const char *key, const char *value)
{
	return put(doc, key, json_string(value != NULL ? value : ""));
}

static bool put_number(json_t *doc, const char *key, uint64_t value)
{
	return value <= INT64_MAX &&
	       put(doc, key, json_integer((json_int_t)value));
}

static bool put_time(json_t *doc, const char *key, int64_t at_ms)
{
	char text[CLOCK_TEXT_MAX];

	return put_text(doc, key, clock_format(at_ms, text));
}

/* A value that others made as text; NULL stands for null. */
static bool put_json(json_t *doc, const char *key, const char *text)
{
	const size_t flags = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES;

	return put(doc, key,
		   json_loads(text != NULL ? text : "null", flags, NULL));
}

static json_t *object_entry(const struct manifest_object *o)
{
	json_t *doc = json_object();
	bool ok = put_text(doc, "key", o->key) &&
		  put_number(doc, "stored_bytes", o->stored_bytes) &&
		  put_number(doc, "plain_bytes", o->plain_bytes) &&
		  put_text(doc, "sha256", o->sha256) &&
		  (!o->is_open || put(doc, "open", json_true())) &&
		  (o->first_item == NULL ||
		   put_text(doc, "first_item", o->first_item));

	if (ok)
		return doc;
	json_decref(doc);
	return NULL;
}

static bool put_objects(json_t *doc, const char *key,
			const struct manifest_objects *os)
{
	json_t *list = json_array();

	for (size_t i = 0; i < os->n; i++) {
		if (json_array_append_new(list, object_entry(&os->list[i])) !=
		    0) {
			json_decref(list);
			return false;
		}
	}
	return put(doc, key, list);
}

static json_t *encryption(const struct age_recipients *r)
{
	char text[AGE_RECIPIENT_MAX];
	json_t *list;

	if (r->n == 0)
		return json_null();
	list = json_array();
	for (unsigned i = 0; i < r->n; i++) {
		json_t *one =
			json_string(age_recipient_format(r->keys[i], text));

		if (json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s,s:o}", "format", MANIFEST_ENCRYPTION,
			 "recipients", list);
}

static bool put_names(json_t *doc, const struct manifest *m)
{
	return put_text(doc, "backup_id", m->backup_id) &&
	       put_text(doc, "source_id", m->source_id) &&
	       put_text(doc, "server_id", m->server_id) &&
	       put_text(doc, "name", m->name) &&
	       put_text(doc, "description", m->description) &&
	       put_text(doc, "source_name", m->source_name) &&
	       put_text(doc, "engine", m->engine) &&
	       put_text(doc, "version", m->version) &&
	       put_text(doc, "method", m->method) &&
	       put_text(doc, "type", m->type) &&
	       put_text(doc, "region", m->region) &&
	       put_text(doc, "compression",
			m->compression != NULL ? m->compression : "zstd") &&
	       put(doc, "encryption", encryption(&m->recipients));
}

static bool put_facts(json_t *doc, const struct manifest *m)
{
	return put_json(doc, "plan", m->plan_json) &&
	       put_json(doc, "scope", m->scope_json) &&
	       put_json(doc, "consistency", m->consistency_json) &&
	       put_json(doc, "session", m->session_json) &&
	       put_json(doc, "counts",
			m->counts_json != NULL ? m->counts_json : "{}") &&
	       put_json(doc, "warnings",
			m->warnings_json != NULL ? m->warnings_json : "[]") &&
	       put_time(doc, "started_at", m->started_at) &&
	       put_time(doc, "finished_at", m->finished_at) &&
	       put_number(doc, "plain_bytes", m->plain_bytes) &&
	       put_number(doc, "stored_bytes", m->stored_bytes) &&
	       put_number(doc, "part_count", m->part_count) &&
	       put_number(doc, "longest_statement", m->longest_statement);
}

static bool put_files(json_t *doc, const struct manifest *m)
{
	return (m->physical_json == NULL ||
		put_json(doc, "physical", m->physical_json)) &&
	       (m->names_digest == NULL ||
		put_text(doc, "names_digest", m->names_digest));
}

/* Left out when there is none: so documents of before stay what they were. */
static bool put_sections(json_t *doc, const struct manifest *m)
{
	json_t *list;

	if (m->nsections == 0)
		return true;
	list = json_array();
	for (unsigned i = 0; i < m->nsections; i++) {
		const struct manifest_section *s = &m->sections[i];
		json_t *one =
			json_pack("{s:s,s:I}", "kind", item_kind_name(s->kind),
				  "first_part", (json_int_t)s->first_part);

		if (json_array_append_new(list, one) != 0) {
			json_decref(list);
			return false;
		}
	}
	return put(doc, "sections", list);
}

static bool put_lists(json_t *doc, const struct manifest *m)
{
	if (!put_sections(doc, m) ||
	    (m->meta.n > 0 && !put_objects(doc, "meta", &m->meta)))
		return false;
	if (m->part_lists.n > 0)
		return put_objects(doc, "part_lists", &m->part_lists) &&
		       put_objects(doc, "index", &m->index);
	return put_objects(doc, "parts", &m->parts) &&
	       put_objects(doc, "index", &m->index);
}

/* All but digest and signature. */
static json_t *build_rest(const struct manifest *m, const struct signer *s)
{
	json_t *doc = json_object();
	bool ok = put_text(doc, "format", MANIFEST_FORMAT) &&
		  put(doc, "format_version",
		      json_sprintf("%d.%d", MANIFEST_MAJOR, MANIFEST_MINOR)) &&
		  put_text(doc, "public_key", signer_public(s)) &&
		  put_names(doc, m) && put_facts(doc, m) && put_files(doc, m) &&
		  put_lists(doc, m);

	if (ok)
		return doc;
	json_decref(doc);
	return NULL;
}

bool manifest_seal(json_t *doc, const struct signer *s,
		   char digest[SHA256_HEX_MAX], struct err *e)
{
	char signature[SIGNATURE_HEX_MAX];
	char *rest = manifest_canonical(doc);
	bool ok;

	if (rest == NULL)
		return err_nomem(e, "the manifest");
	(void)sha256_hex(rest, strlen(rest), digest);
	ok = signer_sign(s, rest, strlen(rest), signature, e);
	free(rest);
	if (!ok)
		return false;
	if (!put_text(doc, "digest", digest) ||
	    !put_text(doc, "signature", signature))
		return err_nomem(e, "the manifest");
	return true;
}

static char *finish_text(const json_t *doc, struct err *e)
{
	char *text = manifest_canonical(doc);

	if (text == NULL) {
		(void)err_nomem(e, "the manifest");
		return NULL;
	}
	if (strlen(text) <= MANIFEST_MAX_BYTES)
		return text;
	(void)err_set(e, ERR_INVALID, "internal",
		      "the manifest would have %zu bytes, %d is the most; "
		      "shorten the scope or the warnings",
		      strlen(text), MANIFEST_MAX_BYTES);
	free(text);
	return NULL;
}

char *manifest_format(const struct manifest *m, const struct signer *s,
		      char digest[SHA256_HEX_MAX], struct err *e)
{
	json_t *doc = build_rest(m, s);
	char *text = NULL;

	if (doc == NULL) {
		(void)err_set(e, ERR_BUG, "internal",
			      "the manifest cannot be written: no memory, or "
			      "a value in it is no JSON or no UTF-8");
		return NULL;
	}
	if (manifest_seal(doc, s, digest, e))
		text = finish_text(doc, e);
	json_decref(doc);
	return text;
}
