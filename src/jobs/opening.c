/* opening.c - records and stores for jobs: backup, then pool, then source. */
#include "jobs/opening.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/secret_file.h"
#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/pools/folder.h"

static void opening_next(struct opening *o);

static void opening_end(struct opening *o, const struct err *e)
{
	o->op = NULL;
	o->done(o->arg, e);
}

static void on_source(void *arg, const struct source_record *r,
		      const struct err *e)
{
	struct opening *o = arg;
	struct err mine = {0};

	if (e == NULL && !source_record_copy(&o->source, r)) {
		(void)err_nomem(&mine, "a source's record");
		e = &mine;
	}
	opening_end(o, e);
}

bool opening_recipients(const struct pool_record *r, struct age_recipients *out,
			struct err *e)
{
	json_t *list;
	bool ok = true;

	memset(out, 0, sizeof(*out));
	if (r->recipients_json == NULL)
		return true;
	list = record_json(r->recipients_json, "a pool's recipients", e);
	if (list == NULL)
		return false;
	for (size_t i = 0; ok && i < json_array_size(list); i++) {
		const char *one = json_string_value(json_array_get(list, i));

		ok = age_recipients_add(out, one != NULL ? one : "", e);
	}
	json_decref(list);
	/* Never unencrypted for want of somebody who may read it. */
	return ok && (out->n > 0 || err_bug(e, "a pool without recipients"));
}

/* What stands for a secret, if that lies in a file: *read is NULL otherwise,
 * and ended with secret_free(). False with *e filled. */
static bool read_reference(const struct jobs *j, const char *secret,
			   char **read, struct err *e)
{
	*read = NULL;
	if (!secret_ref_is(secret))
		return true;
	*read = secret_ref_read(j->config.secrets_dir, secret, e);
	return *read != NULL;
}

static bool take_identity(struct opening *o, const char *identity,
			  struct err *e)
{
	char *read;
	bool ok;

	if (identity == NULL)
		return true;
	if (!read_reference(o->jobs, identity, &read, e))
		return false;
	ok = age_identities_read(&o->identities, read ? read : identity, e);
	secret_free(read);
	return ok;
}

static bool take_pool(struct opening *o, const struct pool_record *r,
		      struct err *e)
{
	if (!pool_record_copy(&o->pool, r))
		return err_nomem(e, "a pool's record");
	if (!take_identity(o, r->identity, e))
		return false;
	o->store = opening_store(o->jobs, &o->pool, o->store_attempts, e);
	return o->store != NULL;
}

static void on_pool(void *arg, const struct pool_record *r, const struct err *e)
{
	struct opening *o = arg;
	struct err mine = {0};

	o->op = NULL;
	if (e == NULL && !take_pool(o, r, &mine))
		e = &mine;
	if (e != NULL)
		opening_end(o, e);
	else
		opening_next(o);
}

static void on_backup(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct opening *o = arg;
	struct err mine = {0};

	o->op = NULL;
	if (e == NULL && !backup_record_copy(&o->backup, r)) {
		(void)err_nomem(&mine, "a backup's record");
		e = &mine;
	}
	if (e != NULL) {
		opening_end(o, e);
		return;
	}
	if (o->pool_key[0] == '\0')
		(void)str_copy(o->pool_key, sizeof(o->pool_key),
			       o->backup.pool_id);
	opening_next(o);
}

/* Asks for the next record that is wanted and not there yet. */
static bool opening_ask(struct opening *o, struct err *e)
{
	struct catalog *c = o->jobs->config.catalog;

	if (o->backup_key[0] != '\0' && o->backup.id[0] == '\0')
		o->op = catalog_backup_get(c, o->backup_key, on_backup, o, e);
	else if (o->pool_key[0] != '\0' && o->store == NULL)
		o->op = catalog_pool_get(c, o->pool_key, true, on_pool, o, e);
	else if (o->source_key[0] != '\0')
		o->op = catalog_source_get(c, o->source_key, true, on_source, o,
					   e);
	else
		return false;
	return o->op != NULL;
}

static void opening_next(struct opening *o)
{
	struct err e = {0};

	if (!opening_ask(o, &e))
		opening_end(o, err_is(&e) ? &e : NULL);
}

bool opening_start(struct opening *o, struct jobs *j,
		   const struct opening_want *want, catalog_done_cb *done,
		   void *arg, struct err *e)
{
	const char *none = "";

	o->jobs = j;
	o->done = done;
	o->arg = arg;
	o->store_attempts = want->store_attempts;
	if (!str_copy(o->backup_key, sizeof(o->backup_key),
		      want->backup ? want->backup : none) ||
	    !str_copy(o->pool_key, sizeof(o->pool_key),
		      want->pool ? want->pool : none) ||
	    !str_copy(o->source_key, sizeof(o->source_key),
		      want->source ? want->source : none))
		return err_set(e, ERR_NOT_FOUND, "not_found",
			       "no such thing: the name is too long");
	if (!opening_ask(o, e) && !err_is(e))
		return err_bug(e, "an opening of nothing");
	return !err_is(e);
}

void opening_cancel(struct opening *o)
{
	catalog_cancel(o->op);
	o->op = NULL;
}

void opening_fini(struct opening *o)
{
	catalog_cancel(o->op);
	store_free(o->store);
	age_identities_wipe(&o->identities);
	backup_record_fini(&o->backup);
	pool_record_fini(&o->pool);
	source_record_fini(&o->source);
	memset(o, 0, sizeof(*o));
}

void opening_exchange_env(const struct opening *o, struct exchange_env *env)
{
	const struct jobs_config *c = &o->jobs->config;

	memset(env, 0, sizeof(*env));
	env->loop = c->loop;
	env->store = o->store;
	env->workers = c->cpu;
	env->signer = c->signer;
	env->identities = &o->identities;
	env->server_id = catalog_identity(c->catalog)->server_id;
	env->is_marked = opening_is_marked(&o->pool);
}

bool opening_is_marked(const struct pool_record *r)
{
	return folder_is_one(r) && r->backup_count > 0;
}

json_t *record_json(const char *text, const char *what, struct err *e)
{
	json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;

	if (json == NULL)
		(void)err_bug(e, "%s cannot be read", what);
	return json;
}

static const char *text_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

struct store *opening_store(struct jobs *j, const struct pool_record *r,
			    unsigned attempts, struct err *e)
{
	const struct store_env env = {
		.loop = j->config.loop,
		.transfers = j->config.transfers,
		.blocking = j->config.bulk,
	};
	json_t *json = record_json(r->config_json, "a pool's record", e);
	struct store_config c = {.kind = r->storage_type};
	struct store *st = NULL;
	char *read = NULL;

	if (json == NULL || !read_reference(j, r->secret, &read, e))
		goto out;
	c.s3.endpoint = text_of(json, "endpoint");
	c.s3.region = text_of(json, "region");
	c.s3.bucket = text_of(json, "bucket");
	c.s3.prefix = text_of(json, "prefix");
	c.s3.access_key = text_of(json, "access_key");
	c.s3.secret_key = read != NULL ? read : r->secret;
	c.s3.ca_file = text_of(json, "ca_file");
	c.s3.is_path_style =
		!json_is_false(json_object_get(json, "path_style"));
	c.s3.max_attempts = attempts;
	c.dir.path = text_of(json, "path");
	c.dir.is_made = r->id[0] == '\0';
	st = store_new(&env, &c, e);
out:
	secret_free(read);
	json_decref(json);
	return st;
}

static bool read_tls(const char *word, enum source_tls *tls)
{
	static const char *const words[] = {"disabled", "preferred", "required",
					    "verify"};

	for (unsigned i = 0; i < 4; i++) {
		if (word != NULL && strcmp(words[i], word) == 0) {
			*tls = (enum source_tls)i;
			return true;
		}
	}
	*tls = TLS_PREFERRED;
	return word == NULL;
}

/* Of a file tree. */
static bool read_folder(struct opened_address *oa, struct err *e)
{
	const json_t *list = json_object_get(oa->json, "exclude");
	size_t n = json_array_size(list);

	oa->a.path = text_of(oa->json, "path");
	if (n == 0)
		return true;
	oa->excludes = calloc(n, sizeof(*oa->excludes));
	if (oa->excludes == NULL)
		return err_nomem(e, "an address");
	for (size_t i = 0; i < n; i++) {
		oa->excludes[i] = json_string_value(json_array_get(list, i));
		if (oa->excludes[i] == NULL)
			return err_bug(e, "a source's record with a broken "
					  "\"exclude\"");
	}
	oa->a.excludes = (struct globs){oa->excludes, n};
	return true;
}

/* Its keys are what user and password are elsewhere. */
static void read_bucket(struct opened_address *oa)
{
	if (json_object_get(oa->json, "bucket") == NULL)
		return;
	oa->a.endpoint = text_of(oa->json, "endpoint");
	oa->a.region = text_of(oa->json, "region");
	oa->a.bucket = text_of(oa->json, "bucket");
	oa->a.prefix = text_of(oa->json, "prefix");
	oa->a.user = text_of(oa->json, "access_key");
	oa->a.is_path_style =
		!json_is_false(json_object_get(oa->json, "path_style"));
}

static bool read_address(struct opened_address *oa, const struct jobs *j,
			 const char *connection, const char *secret,
			 struct err *e)
{
	memset(oa, 0, sizeof(*oa));
	if (connection == NULL)
		return err_set(e, ERR_CONFLICT, "source_busy",
			       "the instance is not whole: its restore has not "
			       "ended, or has left something behind");
	oa->json = record_json(connection, "a source's record", e);
	if (oa->json == NULL || !read_reference(j, secret, &oa->secret, e))
		return false;
	oa->a.host = text_of(oa->json, "host");
	oa->a.port =
		(unsigned)json_integer_value(json_object_get(oa->json, "port"));
	oa->a.socket = text_of(oa->json, "socket");
	oa->a.user = text_of(oa->json, "user");
	oa->a.password = oa->secret != NULL ? oa->secret : secret;
	oa->a.ca_file = text_of(oa->json, "ca_file");
	read_bucket(oa);
	if (!read_tls(text_of(oa->json, "tls"), &oa->a.tls))
		return err_bug(e, "a source's record with unknown tls");
	return read_folder(oa, e);
}

bool opened_address_read(struct opened_address *oa, const struct jobs *j,
			 const struct source_record *r, struct err *e)
{
	return read_address(oa, j, r->connection_json, r->secret, e);
}

bool opened_address_replica(struct opened_address *oa, const struct jobs *j,
			    const struct source_record *r, struct err *e)
{
	return read_address(oa, j, r->read_from_json, r->read_from_secret, e);
}

void opened_address_fini(struct opened_address *oa)
{
	json_decref(oa->json);
	secret_free(oa->secret);
	free(oa->excludes);
	memset(oa, 0, sizeof(*oa));
}
