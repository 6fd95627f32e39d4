/* bucket_form.c - see bucket_form.h. */
#include "http/bucket_form.h"

#include <string.h>

#include "http/fields.h"

static void read_secret(struct form *f, const struct bucket_secret *to)
{
	const char *value;
	enum secret_change change =
		field_secret(f, "secret_key", to->had_secret, &value);

	if (!form_has(f, "secret_key") ||
	    json_is_null(json_object_get(f->object, "secret_key")))
		form_fault(f, "secret_key", "required",
			   "\"secret_key\" is missing");
	*to->has_secret = change != SECRET_NONE;
	if (change == SECRET_KEEP)
		value = to->old;
	if (value == NULL)
		return;
	*to->secret = strdup(value);
	if (*to->secret == NULL)
		f->faults->is_broken = true;
}

static const char *read_endpoint(struct form *f)
{
	const char *url = field_setting(f, "endpoint", FORM_REQUIRED);

	if (url == NULL || strncmp(url, "https://", 8) == 0 ||
	    strncmp(url, "http://", 7) == 0)
		return url;
	form_fault(f, "endpoint", "invalid_value",
		   "\"endpoint\" has to begin with https:// or http://");
	return NULL;
}

json_t *bucket_form_read(struct form *f, const struct bucket_secret *to,
			 bucket_prefix_fn *read_prefix)
{
	const char *endpoint = read_endpoint(f);
	const char *region = field_setting(f, "region", FORM_OPTIONAL);
	const char *bucket = field_setting(f, "bucket", FORM_REQUIRED);
	const char *prefix = read_prefix(f);
	const char *access = field_setting(f, "access_key", FORM_REQUIRED);
	const char *ca = field_setting(f, "ca_file", FORM_OPTIONAL);
	bool is_path_style = form_bool(f, "path_style", true);

	read_secret(f, to);
	return json_pack("{s:s?, s:s, s:s?, s:s?, s:s?, s:b, s:s?}", "endpoint",
			 endpoint, "region", region ? region : "us-east-1",
			 "bucket", bucket, "prefix", prefix, "access_key",
			 access, "path_style", is_path_style, "ca_file", ca);
}
