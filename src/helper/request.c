#include "request.h"

#include <stdint.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

enum { FIELDS_MAX = 16, SECRET_MAX = 1024 };

enum field_type {
	FIELD_WORD,   /* of a contract: a-z and '_' */
	FIELD_FOLDER, /* absolute, without . and .. */
	FIELD_SOCKET, /* likewise */
	FIELD_HOST,
	FIELD_USER,
	FIELD_NUMBER,
	FIELD_FLAG,
	FIELD_TLS,
	FIELD_NAMES, /* a list of names of databases, or of tables in them */
};

struct field_rule {
	const char *name;
	enum field_type type;
	bool is_required;
	json_int_t min, max; /* of numbers */
};

struct verb_rule {
	const char *name;
	bool has_name, has_secret;
	struct field_rule fields[FIELDS_MAX]; /* ends with a NULL name */
};

static const struct verb_rule rules[VERB_COUNT] = {
	[VERB_LIST] = {.name = "list"},
	[VERB_PROVISION] = {.name = "provision",
			    .has_name = true,
			    .fields = {{"operation", FIELD_WORD, true, 0, 0}}},
	[VERB_HOOK] = {.name = "hook",
		       .has_name = true,
		       .fields = {{"operation", FIELD_WORD, true, 0, 0}}},
	[VERB_BACKUP] = {.name = "backup",
			 .has_name = true,
			 .has_secret = true,
			 .fields = {{"socket", FIELD_SOCKET, false, 0, 0},
				    {"host", FIELD_HOST, false, 0, 0},
				    {"port", FIELD_NUMBER, false, 1, 65535},
				    {"user", FIELD_USER, false, 0, 0},
				    {"parallel", FIELD_NUMBER, false, 1, 64},
				    {"incremental_lsn", FIELD_NUMBER, false, 0,
				     INT64_MAX},
				    {"databases", FIELD_NAMES, false, 0, 0},
				    {"tables", FIELD_NAMES, false, 0, 0},
				    {"tls", FIELD_TLS, false, 0, 0},
				    {"ca_file", FIELD_SOCKET, false, 0, 0}}},
	[VERB_UNPACK] = {.name = "unpack",
			 .has_name = true,
			 .fields = {{"directory", FIELD_FOLDER, true, 0, 0},
				    {"parallel", FIELD_NUMBER, false, 1, 64}}},
	[VERB_PREPARE] = {.name = "prepare",
			  .has_name = true,
			  .fields = {{"directory", FIELD_FOLDER, true, 0, 0},
				     {"incremental_directory", FIELD_FOLDER,
				      false, 0, 0},
				     {"export", FIELD_FLAG, false, 0, 0},
				     {"memory_bytes", FIELD_NUMBER, false,
				      1 << 20, INT64_C(1) << 40}}},
	[VERB_PACK] = {.name = "pack",
		       .has_name = true,
		       .fields = {{"directory", FIELD_FOLDER, true, 0, 0}}},
	[VERB_REMOVE] = {.name = "remove",
			 .fields = {{"directory", FIELD_FOLDER, true, 0, 0}}},
};

const char *verb_name(enum verb verb)
{
	return rules[verb].name;
}

static bool refuse(struct err *e, const char *what, const char *why)
{
	return err_set(e, ERR_INVALID, "program_refused",
		       "coffer-helper refuses \"%.64s\": %s", what, why);
}

static bool has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return true;
	}
	return false;
}

static bool is_of(const char *s, const char *set, size_t max)
{
	size_t n = strspn(s, set);

	return n > 0 && n <= max && s[n] == '\0';
}

/* No empty, "." or ".." component; the kernel looks at it again. */
static bool is_path(const char *s, size_t max)
{
	if (s[0] != '/' || strlen(s) > max)
		return false;
	while (*s == '/') {
		size_t n = strcspn(++s, "/");

		if (n == 0 || n > 255 || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
	}
	return true;
}

static bool is_tls(const char *s)
{
	return strcmp(s, "disabled") == 0 || strcmp(s, "preferred") == 0 ||
	       strcmp(s, "required") == 0 || strcmp(s, "verify") == 0;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_right_text(enum field_type type, const char *s, size_t len)
{
	if (has_control(s, len))
		return false;
	switch (type) {
	case FIELD_WORD:
		return is_of(s, LOWER "_", 32);
	case FIELD_FOLDER:
		return is_path(s, 4000);
	case FIELD_SOCKET:
		return is_path(s, 1000);
	case FIELD_HOST:
		return s[0] != '-' && is_of(s, LOWER UPPER DIGITS ".-_:", 255);
	case FIELD_USER:
		return len > 0 && len <= 320;
	case FIELD_TLS:
		return is_tls(s);
	case FIELD_NUMBER:
	case FIELD_FLAG:
	case FIELD_NAMES:
		break;
	}
	return false;
}

/* mariadb-backup takes them in one list, parted by blanks. */
static bool is_right_list(const json_t *v)
{
	size_t n = json_array_size(v);

	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(v, i);
		const char *s = json_string_value(item);

		if (s == NULL || s[0] == '\0' ||
		    json_string_length(item) > 600 ||
		    has_control(s, json_string_length(item)) ||
		    strpbrk(s, " \"'\\") != NULL)
			return false;
	}
	return n > 0;
}

static bool is_right(const struct field_rule *r, const json_t *v)
{
	switch (r->type) {
	case FIELD_NUMBER:
		return json_is_integer(v) && json_integer_value(v) >= r->min &&
		       json_integer_value(v) <= r->max;
	case FIELD_FLAG:
		return json_is_boolean(v);
	case FIELD_NAMES:
		return json_is_array(v) && is_right_list(v);
	case FIELD_WORD:
	case FIELD_FOLDER:
	case FIELD_SOCKET:
	case FIELD_HOST:
	case FIELD_USER:
	case FIELD_TLS:
		break;
	}
	return json_is_string(v) && is_right_text(r->type, json_string_value(v),
						  json_string_length(v));
}

static const struct field_rule *rule_of(enum verb verb, const char *field)
{
	for (const struct field_rule *f = rules[verb].fields; f->name; f++) {
		if (strcmp(f->name, field) == 0)
			return f;
	}
	return NULL;
}

static bool check_fields(const struct request *r, struct err *e)
{
	const char *key;
	const json_t *v;

	for (void *at = json_object_iter((json_t *)(size_t)r->fields); at;
	     at = json_object_iter_next((json_t *)(size_t)r->fields, at)) {
		const struct field_rule *f;

		key = json_object_iter_key(at);
		v = json_object_iter_value(at);
		f = rule_of(r->verb, key);
		if (f == NULL)
			return refuse(e, key, "the verb has no such field");
		if (!is_right(f, v))
			return refuse(e, key, "its value may not be that");
	}
	for (const struct field_rule *f = rules[r->verb].fields; f->name; f++) {
		if (f->is_required && json_object_get(r->fields, f->name) == 0)
			return refuse(e, f->name, "the field is missing");
	}
	return true;
}

static bool take_verb(struct request *r, const json_t *v, struct err *e)
{
	const char *s = json_string_value(v);

	for (int i = 0; s != NULL && i < VERB_COUNT; i++) {
		if (strcmp(rules[i].name, s) == 0) {
			r->verb = (enum verb)i;
			return true;
		}
	}
	return refuse(e, "verb", "there is none of that name");
}

static bool take_name(struct request *r, const json_t *v, struct err *e)
{
	static const char set[] = LOWER UPPER DIGITS "._-";

	r->name = "";
	if (v == NULL || json_is_null(v))
		return !rules[r->verb].has_name ||
		       refuse(e, "name", "it is missing");
	if (!json_is_string(v) || !is_of(json_string_value(v), set, 64))
		return refuse(e, "name", "it is none");
	if (!rules[r->verb].has_name)
		return refuse(e, "name", "the verb takes none");
	r->name = json_string_value(v);
	return true;
}

static bool take_secret(struct request *r, const json_t *v, struct err *e)
{
	if (v == NULL || json_is_null(v))
		return true;
	if (!json_is_string(v) || json_string_length(v) > SECRET_MAX ||
	    has_control(json_string_value(v), json_string_length(v)))
		return refuse(e, "secret", "it is none");
	if (!rules[r->verb].has_secret)
		return refuse(e, "secret", "the verb takes none");
	r->secret = json_string_value(v);
	return true;
}

static bool check_keys(const json_t *root, struct err *e)
{
	for (void *at = json_object_iter((json_t *)(size_t)root); at;
	     at = json_object_iter_next((json_t *)(size_t)root, at)) {
		const char *key = json_object_iter_key(at);

		if (strcmp(key, "verb") != 0 && strcmp(key, "name") != 0 &&
		    strcmp(key, "fields") != 0 && strcmp(key, "secret") != 0)
			return refuse(e, key, "requests have no such member");
	}
	return true;
}

bool request_parse(struct request *r, const void *bytes, size_t len,
		   struct err *e)
{
	json_error_t where;

	r->root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(r->root))
		return refuse(e, "request", "it is no JSON object");
	r->fields = json_object_get(r->root, "fields");
	if (r->fields != NULL && !json_is_null(r->fields) &&
	    !json_is_object(r->fields))
		return refuse(e, "fields", "they are no object");
	return check_keys(r->root, e) &&
	       take_verb(r, json_object_get(r->root, "verb"), e) &&
	       take_name(r, json_object_get(r->root, "name"), e) &&
	       take_secret(r, json_object_get(r->root, "secret"), e) &&
	       check_fields(r, e);
}

void request_fini(struct request *r)
{
	/* The only copy of it that is the request's. */
	if (r->secret != NULL)
		secret_wipe((char *)(size_t)r->secret, strlen(r->secret));
	json_decref(r->root);
	memset(r, 0, sizeof(*r));
}

const char *request_text(const struct request *r, const char *field)
{
	return json_string_value(json_object_get(r->fields, field));
}

json_int_t request_number(const struct request *r, const char *field)
{
	return json_integer_value(json_object_get(r->fields, field));
}

bool request_flag(const struct request *r, const char *field)
{
	return json_is_true(json_object_get(r->fields, field));
}
