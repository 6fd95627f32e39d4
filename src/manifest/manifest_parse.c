/*
 * manifest_parse.c - reads what somebody else may have written: every value
 * is checked for type and bound, the document must be in the one canonical
 * spelling, and digest and signature must be those of it.
 */
#include "manifest/manifest_int.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/layout.h"

enum { FORMAT_VERSION_MAX = 16, DECIMAL = 10 };

struct list_rules {
	const char *member;
	const char *folder;
	size_t max;
	uint64_t max_plain_bytes;
	bool has_first_item;
};

static const struct list_rules parts_rules = {
	"parts", "data/", MANIFEST_MAX_BYTES, INT64_MAX, false};
static const struct list_rules lists_rules = {
	"part_lists", "parts/", MANIFEST_LISTS_MAX, MANIFEST_LIST_BYTES, false};
static const struct list_rules index_rules = {
	"index", "index/", MANIFEST_INDEX_MAX, INDEX_OBJECT_MAX_BYTES, true};

static const struct list_rules meta_rules = {"meta", "meta/", 1,
					     MANIFEST_META_MAX_BYTES, false};

static bool add_entry(const json_t *doc, const struct list_rules *r,
		      struct manifest_objects *to, struct err *e)
{
	struct manifest_object o = {0};
	const char *first = NULL;

	if (!manifest_object_read(doc, r->folder, &o, e))
		return false;
	if (o.plain_bytes > r->max_plain_bytes)
		return manifest_damaged(e, "the size of %s is out of bounds",
					o.key);
	if (to->n > 0 && to->list[to->n - 1].number >= layout_number(o.key))
		return manifest_damaged(e, "the manifest lists %s out of order",
					o.key);
	if (r->has_first_item) {
		first = manifest_get_text(doc, "first_item",
					  MANIFEST_STRING_MAX, e);
		if (first == NULL)
			return false;
	}
	o.first_item = (char *)(uintptr_t)first;
	return manifest_add(to, &o, e);
}

static bool get_list(const json_t *doc, const struct list_rules *r,
		     struct manifest_objects *to, struct err *e)
{
	const json_t *list = json_object_get(doc, r->member);

	if (!json_is_array(list) || json_array_size(list) > r->max)
		return manifest_damaged(e, "the manifest has no proper \"%s\"",
					r->member);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!add_entry(json_array_get(list, i), r, to, e))
			return false;
	}
	return true;
}

static bool find_kind(const json_t *name, enum item_kind *kind)
{
	for (unsigned i = 0; i < ITEM_KIND_COUNT; i++) {
		*kind = (enum item_kind)i;
		if (json_is_string(name) &&
		    strcmp(json_string_value(name), item_kind_name(*kind)) == 0)
			return true;
	}
	return false;
}

/* Kinds and numbers rise; the first section begins with the first part. */
static bool add_section(const json_t *doc, struct manifest *m, struct err *e)
{
	struct manifest_section s;
	const struct manifest_section *last =
		m->nsections > 0 ? &m->sections[m->nsections - 1] : NULL;
	uint64_t first;
	bool is_sound;

	if (!manifest_get_number(doc, "first_part", &first, e))
		return false;
	is_sound =
		find_kind(json_object_get(doc, "kind"), &s.kind) &&
		first <= LAYOUT_NUMBER_MAX &&
		(last != NULL ? s.kind > last->kind && first > last->first_part
			      : first == 1);
	if (!is_sound)
		return manifest_damaged(e, "the manifest's sections are not "
					   "in order");
	s.first_part = (uint32_t)first;
	m->sections[m->nsections++] = s;
	return true;
}

/* None in documents of early versions. */
static bool get_sections(const json_t *doc, struct manifest *m, struct err *e)
{
	const json_t *list = json_object_get(doc, "sections");

	if (list == NULL)
		return true;
	if (!json_is_array(list) || json_array_size(list) > ITEM_KIND_COUNT)
		return manifest_damaged(e, "the manifest has no proper "
					   "\"sections\"");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!add_section(json_array_get(list, i), m, e))
			return false;
	}
	return true;
}

/* The parts are in the document, or in objects that it names. */
static bool get_lists(const json_t *doc, struct manifest *m, struct err *e)
{
	if (!get_list(doc, &index_rules, &m->index, e) ||
	    !get_sections(doc, m, e) ||
	    (json_object_get(doc, meta_rules.member) != NULL &&
	     !get_list(doc, &meta_rules, &m->meta, e)))
		return false;
	if (json_object_get(doc, lists_rules.member) != NULL)
		return json_object_get(doc, parts_rules.member) == NULL
			       ? get_list(doc, &lists_rules, &m->part_lists, e)
			       : manifest_damaged(
					 e, "the manifest lists its parts "
					    "twice");
	return get_list(doc, &parts_rules, &m->parts, e) &&
	       manifest_check_parts(m, e);
}

/* A later minor version only adds members; a later major one we do not know. */
static bool check_version(const json_t *doc, struct err *e)
{
	const char *format =
		manifest_get_text(doc, "format", MANIFEST_STRING_MAX, e);
	const char *version =
		manifest_get_text(doc, "format_version", FORMAT_VERSION_MAX, e);
	unsigned long major;
	char *end;

	if (format == NULL || version == NULL)
		return false;
	if (strcmp(format, MANIFEST_FORMAT) != 0)
		return manifest_damaged(e, "this is no manifest of Coffer");
	if (strspn(version, "0123456789.") != strlen(version))
		return manifest_damaged(e, "the format version is none");
	major = strtoul(version, &end, DECIMAL);
	if (*end != '.' || end == version)
		return manifest_damaged(e, "the format version is none");
	if (major == MANIFEST_MAJOR)
		return true;
	return manifest_damaged(e,
				"the backup has format version %s, which this "
				"server does not know; use a newer one",
				version);
}

/* The recipients tell the lengths of age files, besides who can read them. */
static bool get_encryption(const json_t *doc, struct manifest *m, struct err *e)
{
	const json_t *how = json_object_get(doc, "encryption");
	const json_t *format = json_object_get(how, "format");
	const json_t *list = json_object_get(how, "recipients");
	struct err why = {0};

	if (json_is_null(how))
		return true;
	if (!json_is_string(format) ||
	    strcmp(json_string_value(format), MANIFEST_ENCRYPTION) != 0)
		return manifest_damaged(
			e, "the backup's encryption is not known here");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (!json_is_string(one) ||
		    !age_recipients_add(&m->recipients, json_string_value(one),
					&why))
			return manifest_damaged(e, "the manifest names a "
						   "recipient that is none");
	}
	return m->recipients.n > 0 ||
	       manifest_damaged(e, "the manifest names no recipients");
}

static bool check_methods(const json_t *doc, struct manifest *m, struct err *e)
{
	const char *how =
		manifest_get_text(doc, "compression", MANIFEST_STRING_MAX, e);

	if (how == NULL)
		return false;
	if (strcmp(how, "zstd") != 0)
		return manifest_damaged(
			e, "the backup's compression is not known here");
	return get_encryption(doc, m, e);
}

static bool get_names(const json_t *doc, struct manifest *m, struct err *e)
{
	const char *public_key =
		manifest_get_text(doc, "public_key", SHA256_HEX_MAX - 1, e);

	if (public_key == NULL)
		return false;
	memcpy(m->public_key, public_key, strlen(public_key) + 1);
	return manifest_get_id(doc, "backup_id", "bak", m->backup_id, e) &&
	       manifest_get_id(doc, "source_id", "src", m->source_id, e) &&
	       manifest_get_id(doc, "server_id", NULL, m->server_id, e) &&
	       manifest_copy_text(doc, "name", &m->name, e) &&
	       manifest_copy_text(doc, "description", &m->description, e) &&
	       manifest_copy_text(doc, "source_name", &m->source_name, e) &&
	       manifest_copy_text(doc, "engine", &m->engine, e) &&
	       manifest_copy_text(doc, "version", &m->version, e) &&
	       manifest_copy_text(doc, "method", &m->method, e) &&
	       manifest_copy_text(doc, "type", &m->type, e) &&
	       manifest_copy_text(doc, "region", &m->region, e) &&
	       manifest_copy_text(doc, "compression", &m->compression, e);
}

static bool get_facts(const json_t *doc, struct manifest *m, struct err *e)
{
	const unsigned null_or_object = MAY_BE_NULL | MAY_BE_OBJECT;

	return manifest_copy_json(doc, "plan", null_or_object, &m->plan_json,
				  e) &&
	       manifest_copy_json(doc, "scope", MAY_BE_ANY, &m->scope_json,
				  e) &&
	       manifest_copy_json(doc, "consistency", null_or_object,
				  &m->consistency_json, e) &&
	       manifest_copy_json(doc, "session", null_or_object,
				  &m->session_json, e) &&
	       manifest_copy_json(doc, "counts", MAY_BE_OBJECT, &m->counts_json,
				  e) &&
	       manifest_copy_json(doc, "warnings", MAY_BE_ARRAY,
				  &m->warnings_json, e) &&
	       manifest_get_time(doc, "started_at", &m->started_at, e) &&
	       manifest_get_time(doc, "finished_at", &m->finished_at, e) &&
	       manifest_get_number(doc, "plain_bytes", &m->plain_bytes, e) &&
	       manifest_get_number(doc, "stored_bytes", &m->stored_bytes, e) &&
	       manifest_get_number(doc, "part_count", &m->part_count, e) &&
	       manifest_get_number(doc, "longest_statement",
				   &m->longest_statement, e);
}

/* Of methods that copy files alone. */
static bool get_files(const json_t *doc, struct manifest *m, struct err *e)
{
	struct digest names;

	if (json_object_get(doc, "physical") != NULL &&
	    !manifest_copy_json(doc, "physical", MAY_BE_OBJECT,
				&m->physical_json, e))
		return false;
	if (json_object_get(doc, "names_digest") == NULL)
		return true;
	if (!manifest_copy_text(doc, "names_digest", &m->names_digest, e))
		return false;
	return digest_parse(m->names_digest, &names) ||
	       manifest_damaged(e, "\"names_digest\" is none");
}

/* What is left of doc after this is what digest and signature are over. */
static bool take_seal(json_t *doc, char digest[SHA256_HEX_MAX],
		      char signature[SIGNATURE_HEX_MAX], struct err *e)
{
	const char *d = manifest_get_text(doc, "digest", SHA256_HEX_MAX - 1, e);
	const char *s =
		manifest_get_text(doc, "signature", SIGNATURE_HEX_MAX - 1, e);

	if (d == NULL || s == NULL)
		return false;
	memcpy(digest, d, strlen(d) + 1);
	memcpy(signature, s, strlen(s) + 1);
	if (json_object_del(doc, "digest") != 0 ||
	    json_object_del(doc, "signature") != 0)
		return manifest_damaged(e, "the manifest is not sealed");
	return true;
}

static bool check_rest(const char *rest, const char *digest,
		       const char *signature, const json_t *doc, struct err *e)
{
	char found[SHA256_HEX_MAX];
	const char *key =
		manifest_get_text(doc, "public_key", SHA256_HEX_MAX - 1, e);

	if (key == NULL)
		return false;
	if (strcmp(sha256_hex(rest, strlen(rest), found), digest) != 0)
		return manifest_damaged(
			e, "the manifest's digest is not that of its content");
	return signature_check(key, signature, rest, strlen(rest), e);
}

bool manifest_check_seal(json_t *doc, char digest[SHA256_HEX_MAX],
			 struct err *e)
{
	char signature[SIGNATURE_HEX_MAX];
	char *rest;
	bool ok;

	if (!take_seal(doc, digest, signature, e))
		return false;
	rest = manifest_canonical(doc);
	if (rest == NULL)
		return err_nomem(e, "the manifest");
	ok = check_rest(rest, digest, signature, doc, e);
	free(rest);
	return ok;
}

static bool check_spelling(const json_t *doc, const char *bytes, size_t len,
			   struct err *e)
{
	char *text = manifest_canonical(doc);
	bool ok;

	if (text == NULL)
		return err_nomem(e, "the manifest");
	ok = strlen(text) == len && memcmp(text, bytes, len) == 0;
	free(text);
	return ok || manifest_damaged(e, "the manifest is not in the one "
					 "spelling that it must have");
}

static json_t *load(const char *bytes, size_t len, struct err *e)
{
	if (len <= MANIFEST_MAX_BYTES)
		return manifest_load(bytes, len, "the manifest", e);
	(void)manifest_damaged(e, "the manifest is longer than it may be");
	return NULL;
}

static bool read_doc(json_t *doc, const char *bytes, size_t len,
		     const char *expected_digest, struct manifest *m,
		     struct err *e)
{
	if (!check_version(doc, e) || !check_spelling(doc, bytes, len, e) ||
	    !manifest_check_seal(doc, m->digest, e))
		return false;
	if (expected_digest != NULL && strcmp(m->digest, expected_digest) != 0)
		return manifest_damaged(e, "the manifest is not the one that "
					   "was written for this backup");
	return check_methods(doc, m, e) && get_names(doc, m, e) &&
	       get_facts(doc, m, e) && get_files(doc, m, e) &&
	       get_lists(doc, m, e);
}

bool manifest_parse(struct manifest *m, const char *bytes, size_t len,
		    const char *expected_digest, const struct signer *s,
		    struct err *e)
{
	struct manifest got = {0};
	json_t *doc = load(bytes, len, e);
	bool ok;

	if (doc == NULL)
		return false;
	ok = read_doc(doc, bytes, len, expected_digest, &got, e);
	json_decref(doc);
	if (!ok) {
		manifest_fini(&got);
		return false;
	}
	got.is_mine =
		s != NULL && strcmp(got.public_key, signer_public(s)) == 0;
	*m = got;
	return true;
}
