/* pool_crypt.c - the member "encryption" of a pool. */
#include "http/pool_crypt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"
#include "base/secret_file.h"
#include "http/fields.h"

static void read_recipient(struct form *f, size_t i, const json_t *one,
			   struct age_recipients *to)
{
	const char *text = json_string_value(one);
	char where[FAULT_WHERE_MAX];
	struct err e = {0};

	if (text == NULL)
		text = "";
	if (age_recipients_add(to, text, &e))
		return;
	(void)snprintf(where, sizeof(where), "%.*s/recipients/%zu",
		       FAULT_WHERE_MAX / 2, f->pointer, i);
	faults_add(f->faults, where, e.api, "%s", e.msg);
}

static void read_recipients(struct form *f, struct age_recipients *to,
			    struct pool_record *r)
{
	json_t *list = form_json(f, "recipients", JSON_ARRAY, FORM_REQUIRED);

	if (list == NULL)
		return;
	if (json_array_size(list) == 0)
		form_fault(f, "recipients", "invalid_value",
			   "\"recipients\" is empty: name at least one, or "
			   "send null for \"encryption\"");
	for (size_t i = 0; i < json_array_size(list); i++)
		read_recipient(f, i, json_array_get(list, i), to);
	r->recipients_json = json_dumps(list, JSON_COMPACT);
	if (r->recipients_json == NULL)
		f->faults->is_broken = true;
}

/* Who may read it must be among those that it is written for. */
static void check_identity(struct form *f, const char *text,
			   const struct age_recipients *recipients)
{
	struct age_identities ids;
	struct err e = {0};

	/* One in a file is read when it is used. */
	if (secret_ref_is(text))
		return;
	if (!age_identities_read(&ids, text, &e))
		form_fault_err(f, "identity", &e);
	else if (recipients->n > 0 && !age_identities_fit(&ids, recipients))
		form_fault(f, "identity", "invalid_value",
			   "the identity fits none of the recipients; give "
			   "the one of a recipient (and, a line each, those "
			   "that earlier backups need)");
	age_identities_wipe(&ids);
}

/* *to becomes a copy of the new one, NULL: as it was, "": none. */
static void read_identity(struct form *f, const struct pool_record *old,
			  const struct age_recipients *recipients,
			  struct pool_record *r)
{
	bool has = old != NULL && old->has_identity;
	const char *value;
	enum secret_change change = field_secret(f, "identity", has, &value);

	r->has_identity = change != SECRET_NONE;
	if (change == SECRET_KEEP) {
		if (old != NULL && old->identity != NULL)
			check_identity(f, old->identity, recipients);
		return;
	}
	if (value != NULL)
		check_identity(f, value, recipients);
	r->identity = strdup(value != NULL ? value : "");
	if (r->identity == NULL)
		f->faults->is_broken = true;
}

void pool_crypt_read(struct form *f, const struct pool_record *old,
		     struct pool_record *r)
{
	struct age_recipients recipients = {0};
	struct form inner;

	if (form_open(f, "encryption", FORM_OPTIONAL, &inner)) {
		read_recipients(&inner, &recipients, r);
		read_identity(&inner, old, &recipients, r);
		(void)form_bool(&inner, "confirm_stored", false);
		form_end(&inner);
		return;
	}
	r->identity = strdup("");
	if (r->identity == NULL)
		f->faults->is_broken = true;
}

bool pool_crypt_lacks_confirm(const struct form *f,
			      const struct pool_record *old,
			      const struct pool_record *r)
{
	const json_t *crypt = json_object_get(f->object, "encryption");

	if (r->recipients_json == NULL ||
	    json_is_true(json_object_get(crypt, "confirm_stored")))
		return false;
	return old == NULL || old->recipients_json == NULL ||
	       strcmp(old->recipients_json, r->recipients_json) != 0;
}

void pool_crypt_refuse(struct request *r)
{
	request_refuse(r, ERR_CONFLICT, "confirm_required",
		       "backups will be encrypted for these recipients, and "
		       "nobody can read them without the identity of one: "
		       "store it in a place that outlives this server, then "
		       "send \"confirm_stored\": true within "
		       "\"encryption\"");
}
