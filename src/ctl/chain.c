/* chain.c - see chain.h. */
#include "ctl/chain.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/members.h"
#include "model/event_link.h"

static bool broken(struct err *e, json_int_t id, const char *why)
{
	return err_set(e, ERR_DAMAGED, "audit_broken",
		       "event %" JSON_INTEGER_FORMAT " %s", id, why);
}

static bool read_head(const char *head, unsigned long long *id,
		      const char **hash)
{
	const char *colon = strchr(head, ':');
	char number[24] = "";

	if (colon == NULL || (size_t)(colon - head) >= sizeof(number))
		return false;
	memcpy(number, head, (size_t)(colon - head));
	*hash = colon + 1;
	return str_to_u64(number, id) && *id > 0 && *id <= INT64_MAX &&
	       strlen(*hash) == SHA256_HEX_MAX - 1;
}

bool chain_want(struct chain *c, const char *head, struct err *e)
{
	unsigned long long id = 0;
	const char *hash = "";

	if (!read_head(head, &id, &hash))
		return err_set(e, ERR_INVALID, "usage",
			       "--head takes a number, a colon and 64 digits, "
			       "as \"audit verify\" has told them");
	c->wanted = (json_int_t)id;
	(void)str_copy(c->wanted_hash, sizeof(c->wanted_hash), hash);
	return true;
}

/* What the event says that it is. */
static bool hash_of(const json_t *event, json_int_t id,
		    char out[static SHA256_HEX_MAX], struct err *e)
{
	static const char *const names[EVENT_LINES] = {
		[EVENT_PREVIOUS] = "previous_hash",
		[EVENT_AT] = "at",
		[EVENT_KIND] = "kind",
		[EVENT_ACT] = "act",
		[EVENT_RESOURCE] = "resource",
		[EVENT_NAME] = "name",
		[EVENT_RESULT] = "result",
		[EVENT_WHO] = "who",
		[EVENT_ADDRESS] = "address",
		[EVENT_DETAIL] = "detail",
	};
	const char *lines[EVENT_LINES];
	char number[24];

	(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, id);
	for (size_t i = 0; i < EVENT_LINES; i++)
		lines[i] = names[i] != NULL ? member_text(event, names[i], "")
					    : number;
	return event_link_hash(lines, out) || err_nomem(e, "an event");
}

static bool check_place(const struct chain *c, json_int_t id,
			const char *previous, struct err *e)
{
	if (id <= c->last)
		return broken(e, id, "is not where its number belongs");
	if (c->last == 0)
		return id > 1 || strcmp(previous, EVENT_LINK_BEGIN) == 0 ||
		       broken(e, id, "does not begin the chain");
	if (id > c->last + 1)
		return broken(e, c->last + 1, "is missing");
	return strcmp(previous, c->hash) == 0 ||
	       broken(e, id,
		      "does not follow the one before: that was changed, and "
		      "its hash made anew");
}

/* The first that is kept names the one before it. */
static bool check_wanted(struct chain *c, json_int_t id, const char *previous,
			 struct err *e)
{
	const char *hash = id == c->wanted ? c->hash : previous;

	if (c->wanted == 0 || (id != c->wanted && id != c->wanted + 1))
		return true;
	if (strcmp(hash, c->wanted_hash) != 0)
		return broken(e, c->wanted,
			      "is another one than when --head was told: the "
			      "log was made anew");
	c->is_found = true;
	return true;
}

bool chain_take(struct chain *c, const json_t *event, struct err *e)
{
	json_int_t id = json_integer_value(json_object_get(event, "id"));
	const char *previous = member_text(event, "previous_hash", "");
	char hash[SHA256_HEX_MAX];

	if (!check_place(c, id, previous, e) || !hash_of(event, id, hash, e))
		return false;
	if (strcmp(hash, member_text(event, "hash", "")) != 0)
		return broken(e, id, "was changed: its hash is another one");
	if (c->last == 0)
		c->first = id;
	c->last = id;
	(void)str_copy(c->hash, sizeof(c->hash), hash);
	return check_wanted(c, id, previous, e);
}

bool chain_end(const struct chain *c, struct err *e)
{
	if (c->first > 1 && c->last - c->first + 1 < EVENTS_KEPT)
		return broken(e, c->first - 1,
			      "is missing, and those before it: fewer are "
			      "there than a server keeps");
	if (c->wanted == 0 || c->is_found)
		return true;
	if (c->wanted > c->last)
		return broken(e, c->wanted,
			      "is missing: the log ends before it");
	return err_set(e, ERR_INVALID, "audit_too_old",
		       "event %" JSON_INTEGER_FORMAT
		       " is no longer kept: a server keeps %d; give a later "
		       "--head",
		       c->wanted, EVENTS_KEPT);
}

char *chain_head(const struct chain *c, char out[static CHAIN_HEAD_MAX])
{
	out[0] = '\0';
	if (c->last > 0)
		(void)snprintf(out, CHAIN_HEAD_MAX,
			       "%" JSON_INTEGER_FORMAT ":%s", c->last, c->hash);
	return out;
}
