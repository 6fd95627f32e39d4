/* update.c - changing a record, whatever it is of. */
#include "http/update.h"

#include <string.h>

#include "http/merge.h"
#include "http/request_int.h"

enum { UPDATE_TRIES = 5 };

bool update_read(struct request *r, struct update *u, int64_t revision,
		 const char *what)
{
	if (r->if_revision != 0 && r->if_revision != revision) {
		request_refuse(r, ERR_CONFLICT, "revision_changed",
			       "the %s was changed meanwhile: read it again",
			       what);
		return false;
	}
	u->tries++;
	u->based_on = revision;
	return true;
}

int64_t update_revision(const struct request *r, const struct update *u)
{
	return r->if_revision != 0 ? r->if_revision : u->based_on;
}

bool update_again(struct request *r, const struct update *u,
		  const struct err *e)
{
	if (e == NULL || strcmp(e->api, "revision_changed") != 0 ||
	    r->if_revision != 0 || u->tries >= UPDATE_TRIES)
		return false;
	request_forget(r);
	return true;
}

static bool copy_members(json_t *to, const json_t *from,
			 const char *const *names)
{
	for (; *names != NULL; names++) {
		if (json_object_set(to, *names,
				    json_object_get(from, *names)) != 0)
			return false;
	}
	return true;
}

json_t *update_merge(struct request *r, json_t *shown,
		     const char *const *writable)
{
	json_t *base = json_object();
	bool ok = shown != NULL && base != NULL &&
		  copy_members(base, shown, writable);

	if (ok) {
		merge_drop_echoes(r->body, shown);
		ok = merge_apply(base, r->body);
	}
	json_decref(shown);
	if (ok)
		return base;
	json_decref(base);
	return NULL;
}
