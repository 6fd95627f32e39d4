/* provision_answers.c - what provisioners answer, before it is believed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "jobs/instances/provision.h"

enum { PORT_MAX = 65535, CONTRACT = 1, WORD_MAX = 1024 };

static bool lied(const char *provider, const char *what, struct err *e)
{
	return err_set(e, ERR_REMOTE, "provisioner_failed",
		       "provisioner \"%s\" does not keep to its contract: %s "
		       "(doc/reference/provisioners.md)",
		       provider, what);
}

/* A text of a bearable length without anything odd; NULL else. */
static const char *word_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	if (s == NULL || *s == '\0' || strlen(s) > WORD_MAX ||
	    strlen(s) != json_string_length(json_object_get(object, name)))
		return NULL;
	for (const char *p = s; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return NULL;
	}
	return s;
}

bool provision_is_files(const struct provision_need *n)
{
	return strcmp(n->method, "logical") != 0 ||
	       strcmp(n->engine, "redis") == 0;
}

/* --- describe */

static bool is_words(const json_t *list)
{
	size_t i;
	const json_t *one;

	json_array_foreach(list, i, one)
	{
		if (!json_is_string(one))
			return false;
	}
	return json_is_array(list);
}

bool provision_described(const char *provider, json_t *answer,
			 const char **description, json_t **engines,
			 struct err *e)
{
	json_t *list = json_object_get(answer, "engines"), *one;
	size_t i;

	if (json_integer_value(json_object_get(answer, "contract")) != CONTRACT)
		return lied(provider, "describe tells no \"contract\":1", e);
	if (!json_is_array(list))
		return lied(provider, "describe tells no \"engines\"", e);
	json_array_foreach(list, i, one)
	{
		if (word_of(one, "engine") == NULL ||
		    !is_words(json_object_get(one, "versions")) ||
		    !is_words(json_object_get(one, "methods")))
			return lied(provider,
				    "an engine without \"engine\", "
				    "\"versions\" and \"methods\"",
				    e);
	}
	*description = word_of(answer, "description");
	*engines = list;
	return true;
}

static bool holds(const json_t *list, const char *word)
{
	size_t i;
	const json_t *one;

	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one);

		if (s != NULL && strcmp(s, word) == 0)
			return true;
	}
	return false;
}

struct version {
	unsigned major, minor;
	bool is_mariadb;
};

static struct version version_of(const char *text)
{
	struct version v = {.is_mariadb = strstr(text, "MariaDB") != NULL};

	(void)sscanf(text, "%u.%u", &v.major, &v.minor);
	return v;
}

/* Files are read by the release that wrote them; statements and dumps by what
 * is not older. */
static bool version_suits(const char *have, const struct provision_need *n)
{
	struct version h = version_of(have), w = version_of(n->version);
	bool is_redis = strcmp(n->engine, "redis") == 0;

	if (n->version[0] == '\0')
		return true;
	if (h.is_mariadb != w.is_mariadb)
		return false;
	if (provision_is_files(n) && !is_redis)
		return h.major == w.major && h.minor == w.minor;
	return h.major > w.major || (h.major == w.major && h.minor >= w.minor);
}

static bool engine_suits(const json_t *one, const struct provision_need *n)
{
	const json_t *versions = json_object_get(one, "versions"), *v;
	const char *engine = word_of(one, "engine");
	size_t i;

	if (engine == NULL || strcmp(engine, n->engine) != 0 ||
	    !holds(json_object_get(one, "methods"), n->method))
		return false;
	json_array_foreach(versions, i, v)
	{
		if (json_is_string(v) && version_suits(json_string_value(v), n))
			return true;
	}
	return false;
}

/* "mysql 10.11.19-MariaDB (logical), redis 7.0.15 (logical)" */
static void name_all(const json_t *engines, struct text *t)
{
	const json_t *one, *w;
	size_t i, k;

	json_array_foreach(engines, i, one)
	{
		text_printf(t, "%s%s", i > 0 ? "; " : "",
			    word_of(one, "engine"));
		json_array_foreach(json_object_get(one, "versions"), k, w)
		{
			text_printf(t, " %.40s", json_string_value(w));
		}
		json_array_foreach(json_object_get(one, "methods"), k, w)
		{
			text_printf(t, "%s%.20s", k > 0 ? ", " : " by ",
				    json_string_value(w));
		}
	}
}

bool provision_suits(const char *provider, const json_t *answer,
		     const struct provision_need *n, struct err *e)
{
	const json_t *engines = json_object_get(answer, "engines"), *one;
	struct text t = {0};
	size_t i;

	json_array_foreach(engines, i, one)
	{
		if (engine_suits(one, n))
			return true;
	}
	name_all(engines, &t);
	(void)err_set(e, ERR_CONFLICT, "target_incompatible",
		      "provisioner \"%s\" cannot make an instance of %s %s "
		      "from a %s backup; it has: %.200s",
		      provider, n->engine, n->version, n->method,
		      t.len > 0 ? t.data : "nothing");
	text_free(&t);
	return false;
}

/* --- prepare */

bool provision_prepared(const char *provider, const json_t *answer,
			const struct provision_need *n, const char **directory,
			struct err *e)
{
	const char *wants = word_of(answer, "wants");
	bool is_files = wants != NULL && strcmp(wants, "data_dir") == 0;

	*directory = NULL;
	if (!is_files && (wants == NULL || strcmp(wants, "connection") != 0))
		return lied(provider,
			    "prepare tells no \"wants\" that is \"data_dir\" "
			    "or \"connection\"",
			    e);
	if (is_files != provision_is_files(n))
		return lied(provider,
			    is_files ? "it wants files of a backup that is "
				       "statements"
				     : "it wants a connection for a backup "
				       "that is files",
			    e);
	if (!is_files)
		return true;
	*directory = word_of(answer, "data_dir");
	return (*directory != NULL && **directory == '/') ||
	       lied(provider, "\"data_dir\" is no path that begins with '/'",
		    e);
}

/* --- start */

/* In the shape that a source's record has. Host and port before a socket,
 * which only this machine knows. */
static char *connection_text(const json_t *c, struct err *e)
{
	const char *host = word_of(c, "host"), *path = word_of(c, "socket");
	json_int_t port = json_integer_value(json_object_get(c, "port"));
	const char *user = word_of(c, "user");
	json_t *object = NULL;
	char *text = NULL;

	if (host != NULL && port >= 1 && port <= PORT_MAX)
		object = json_pack("{s:s, s:I, s:n, s:s?, s:s, s:n}", "host",
				   host, "port", port, "socket", "user", user,
				   "tls", "preferred", "ca_file");
	else if (path != NULL && *path == '/')
		object = json_pack("{s:n, s:n, s:s, s:s?, s:s, s:n}", "host",
				   "port", "socket", path, "user", user, "tls",
				   "disabled", "ca_file");
	else
		return NULL;
	text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	if (text == NULL)
		(void)err_nomem(e, "a connection");
	return text;
}

bool provision_started(const char *provider, const json_t *answer,
		       struct provision_place *out, struct err *e)
{
	const json_t *c = json_object_get(answer, "connection");
	const json_t *password = json_object_get(c, "password");
	const char *version = word_of(answer, "version");

	memset(out, 0, sizeof(*out));
	if (version == NULL ||
	    !str_copy(out->version, sizeof(out->version), version))
		return lied(provider, "start tells no \"version\"", e);
	if (password != NULL && !json_is_null(password) &&
	    word_of(c, "password") == NULL)
		return lied(provider, "its \"password\" is no text", e);
	out->connection_json = connection_text(c, e);
	if (out->connection_json == NULL)
		return lied(provider,
			    "start tells no \"connection\" with \"host\" and "
			    "\"port\", or with \"socket\"",
			    e);
	if (word_of(c, "password") == NULL)
		return true;
	out->secret = strdup(word_of(c, "password"));
	if (out->secret != NULL)
		return true;
	provision_place_fini(out);
	return err_nomem(e, "a password");
}

bool provision_destroyed(const char *provider, const json_t *answer,
			 struct err *e)
{
	const char *state = word_of(answer, "state");

	return (state != NULL && strcmp(state, "absent") == 0) ||
	       lied(provider, "destroy does not answer \"state\":\"absent\"",
		    e);
}

void provision_place_fini(struct provision_place *p)
{
	secret_free(p->secret);
	free(p->connection_json);
	memset(p, 0, sizeof(*p));
}
