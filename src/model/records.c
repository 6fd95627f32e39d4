/* records.c - sources and pools: copies, ends, and what is derived. */
#include "model/records.h"

#include <string.h>

#include "model/strings_int.h"

static struct strings source_strings(struct source_record *r)
{
	return (struct strings){{&r->remarks, &r->region, &r->connection_json,
				 &r->secret, &r->read_from_json,
				 &r->read_from_secret, &r->reason,
				 &r->plans_json}};
}

static struct strings pool_strings(struct pool_record *r)
{
	return (struct strings){{&r->remarks, &r->config_json, &r->secret,
				 &r->recipients_json, &r->identity,
				 &r->capabilities_json, &r->reason,
				 &r->plans_json, &r->rival}};
}

void source_record_fini(struct source_record *r)
{
	strings_free(source_strings(r));
	memset(r, 0, sizeof(*r));
}

void pool_record_fini(struct pool_record *r)
{
	strings_free(pool_strings(r));
	memset(r, 0, sizeof(*r));
}

bool source_record_copy(struct source_record *to,
			const struct source_record *from)
{
	*to = *from;
	if (strings_own(source_strings(to)))
		return true;
	source_record_fini(to);
	return false;
}

bool pool_record_copy(struct pool_record *to, const struct pool_record *from)
{
	*to = *from;
	if (strings_own(pool_strings(to)))
		return true;
	pool_record_fini(to);
	return false;
}

const char *source_status_name(const struct source_record *r)
{
	if (r->is_backing_up)
		return "backing_up";
	if (r->is_restoring)
		return r->is_creating ? "creating" : "restoring";
	return r->is_reachable ? "available" : "unreachable";
}
