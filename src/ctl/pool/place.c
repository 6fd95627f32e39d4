/* place.c - see place.h. */
#include "ctl/pool/place.h"

#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/private_file.h"

enum { CREDENTIALS_MAX = 64 * 1024 };

static bool wrong(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "usage",
		       "%s: a pool is written s3://BUCKET/PREFIX?endpoint=URL, "
		       "file:///PATH, or as a path",
		       what);
}

static bool set(char **to, const char *value, size_t len, struct err *e)
{
	free(*to);
	*to = str_of(value, len);
	if (*to == NULL)
		return err_nomem(e, "an address");
	return percent_decode(*to) || wrong(e, "after % stand two digits");
}

/* One "name=value". */
static bool read_parameter(struct place *p, const char *at, size_t len,
			   struct err *e)
{
	const struct {
		const char *name;
		char **to;
	} texts[] = {{"endpoint=", &p->endpoint},
		     {"region=", &p->region},
		     {"ca_file=", &p->ca_file}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t n = strlen(texts[i].name);

		if (len > n && memcmp(at, texts[i].name, n) == 0)
			return set(texts[i].to, at + n, len - n, e);
	}
	if (len == 15 && memcmp(at, "path_style=true", len) == 0)
		p->config.s3.is_path_style = true;
	else if (len == 16 && memcmp(at, "path_style=false", len) == 0)
		p->config.s3.is_path_style = false;
	else
		return wrong(e, "behind ? stand endpoint, region, path_style "
				"and ca_file, with & between them");
	return true;
}

static bool read_query(struct place *p, const char *at, struct err *e)
{
	while (*at != '\0') {
		size_t n = strcspn(at, "&");

		if (!read_parameter(p, at, n, e))
			return false;
		at += n + (at[n] == '&');
	}
	return true;
}

/* "BUCKET/PREFIX?..." */
static bool read_bucket(struct place *p, const char *at, struct err *e)
{
	size_t all = strcspn(at, "?"), n = strcspn(at, "/?");
	const char *prefix = at[n] == '/' ? at + n + 1 : at + n;
	size_t rest = (size_t)(at + all - prefix);

	p->config.kind = "object_storage";
	p->config.s3.is_path_style = true;
	if (n == 0)
		return wrong(e, "the bucket is missing");
	while (rest > 0 && prefix[rest - 1] == '/')
		rest--;
	return set(&p->bucket, at, n, e) && set(&p->prefix, prefix, rest, e) &&
	       (at[all] == '\0' || read_query(p, at + all + 1, e));
}

static bool read_folder(struct place *p, const char *path, bool is_url,
			struct err *e)
{
	p->config.kind = "local_directory";
	if (is_url) {
		char *decoded = NULL;
		bool ok = set(&decoded, path, strlen(path), e);

		if (ok)
			p->path = realpath(decoded, NULL);
		free(decoded);
		if (!ok)
			return false;
	} else {
		p->path = realpath(path, NULL);
	}
	if (p->path == NULL)
		return err_set(e, ERR_NOT_FOUND, "usage",
			       "there is no folder %.300s", path);
	p->config.dir.path = p->path;
	return true;
}

/* --- keys */

static int on_pair(void *arg, const char *section, const char *name,
		   const char *value)
{
	struct place *p = arg;
	char **to = NULL;

	if (*section != '\0' && strcmp(section, "default") != 0)
		return 1;
	if (strcmp(name, "aws_access_key_id") == 0)
		to = &p->access_key;
	else if (strcmp(name, "aws_secret_access_key") == 0)
		to = &p->secret_key;
	if (to == NULL)
		return 1;
	secret_free(*to);
	*to = strdup(value);
	return *to != NULL;
}

static bool read_credentials(struct place *p, const char *path, struct err *e)
{
	size_t len;
	char *text = private_file_read(path, CREDENTIALS_MAX, &len, e);
	bool ok;

	if (text == NULL)
		return false;
	ok = ini_parse_string(text, on_pair, p) == 0 && p->access_key != NULL &&
	     p->secret_key != NULL;
	secret_free(text);
	return ok || err_set(e, ERR_INVALID, "usage",
			     "%.200s has to hold aws_access_key_id and "
			     "aws_secret_access_key in [default]",
			     path);
}

/* What is not told yet is taken from the environment, if it is there. */
static bool fill(char **to, const char *variable, struct err *e)
{
	const char *value = getenv(variable);

	if (*to != NULL || value == NULL || *value == '\0')
		return true;
	*to = strdup(value);
	return *to != NULL || err_nomem(e, "an address");
}

static bool fill_all(struct place *p, const char *credentials, struct err *e)
{
	if (credentials != NULL && !read_credentials(p, credentials, e))
		return false;
	if (!fill(&p->endpoint, "AWS_ENDPOINT_URL", e) ||
	    !fill(&p->region, "AWS_REGION", e) ||
	    !fill(&p->access_key, "AWS_ACCESS_KEY_ID", e) ||
	    !fill(&p->secret_key, "AWS_SECRET_ACCESS_KEY", e))
		return false;
	if (p->endpoint == NULL)
		return wrong(e, "?endpoint= says where the store is");
	if (p->access_key == NULL || p->secret_key == NULL)
		return err_set(e, ERR_INVALID, "usage",
			       "keys of the store come from "
			       "--credentials-file, or from "
			       "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
	return true;
}

static void borrow(struct place *p)
{
	struct s3_config *c = &p->config.s3;

	c->endpoint = p->endpoint;
	c->region = p->region != NULL ? p->region : "";
	c->bucket = p->bucket;
	c->prefix = p->prefix != NULL ? p->prefix : "";
	c->access_key = p->access_key;
	c->secret_key = p->secret_key;
	c->ca_file = p->ca_file;
}

bool place_read(struct place *p, const char *url, const char *credentials_file,
		struct err *e)
{
	if (strncmp(url, "s3://", 5) == 0) {
		if (!read_bucket(p, url + 5, e) ||
		    !fill_all(p, credentials_file, e))
			return false;
		borrow(p);
		return true;
	}
	if (strncmp(url, "file://", 7) == 0)
		return url[7] == '/' ? read_folder(p, url + 7, true, e)
				     : wrong(e, "file:// takes a whole path");
	if (strstr(url, "://") != NULL || *url == '\0')
		return wrong(e, "this is no pool");
	return read_folder(p, url, false, e);
}

void place_fini(struct place *p)
{
	free(p->path);
	free(p->bucket);
	free(p->prefix);
	free(p->endpoint);
	free(p->region);
	free(p->ca_file);
	free(p->access_key);
	secret_free(p->secret_key);
	*p = (struct place){0};
}
