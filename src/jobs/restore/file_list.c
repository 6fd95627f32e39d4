#include "jobs/restore/file_list.h"

#include <string.h>

#include "sources/load.h"

/* What follows "shared" bytes of the name before, type, target and facts come
 * behind it, each with a zero; of the last two one that is not there takes
 * nothing. */
struct record {
	struct digest digest;
	uint64_t size;
	uint32_t target_len, facts_len;
	uint16_t shared, rest_len, type_len;
	bool has_target : 1;
	bool has_facts : 1;
};

static uint32_t len_of(const char *s)
{
	return s != NULL ? (uint32_t)strlen(s) : 0;
}

static size_t shared_with(const struct text *last, const char *name)
{
	size_t n = 0;

	while (n < last->len && n < UINT16_MAX && name[n] == last->data[n])
		n++;
	return n;
}

/* The name that is known becomes this one. */
static bool set_name(struct text *name, size_t shared, const char *rest,
		     size_t len)
{
	name->len = shared;
	text_add(name, rest, len);
	return !name->is_broken;
}

static void append(struct text *to, const struct record *r, const char *rest,
		   const struct load_item *item)
{
	text_add(to, r, sizeof(*r));
	text_add(to, rest, r->rest_len + 1U);
	text_add(to, item->type, r->type_len + 1U);
	if (r->has_target)
		text_add(to, item->target, r->target_len + 1);
	if (r->has_facts)
		text_add(to, item->facts, r->facts_len + 1);
}

bool file_list_add(struct file_list *l, const struct load_item *item,
		   struct err *e)
{
	size_t shared = shared_with(&l->last, item->name);
	const char *rest = item->name + shared;
	struct record r = {
		.digest = item->digest,
		.size = item->size,
		.target_len = len_of(item->target),
		.facts_len = len_of(item->facts),
		.shared = (uint16_t)shared,
		.rest_len = (uint16_t)len_of(rest),
		.type_len = (uint16_t)len_of(item->type),
		.has_target = item->target != NULL,
		.has_facts = item->facts != NULL,
	};

	if (len_of(rest) > UINT16_MAX || len_of(item->type) > UINT16_MAX)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "the index has a name that is too long");
	append(&l->records, &r, rest, item);
	l->n++;
	return (set_name(&l->last, shared, rest, r.rest_len) &&
		!l->records.is_broken) ||
	       err_nomem(e, "a list of files");
}

/* The record at l->at, which goes behind it. */
static bool read_one(struct file_list *l, struct load_item *item)
{
	const char *at = l->records.data + l->at;
	struct record r;

	memcpy(&r, at, sizeof(r));
	at += sizeof(r);
	if (!set_name(&l->name, r.shared, at, r.rest_len + 1U))
		return false;
	*item = (struct load_item){
		.database = "",
		.name = l->name.data,
		.type = at + r.rest_len + 1,
		.digest = r.digest,
		.size = r.size,
	};
	at += r.rest_len + 1 + r.type_len + 1;
	if (r.has_target) {
		item->target = at;
		at += r.target_len + 1;
	}
	if (r.has_facts) {
		item->facts = at;
		at += r.facts_len + 1;
	}
	l->at = (size_t)(at - l->records.data);
	l->number++;
	return true;
}

bool file_list_next(struct file_list *l, size_t *number, struct load_item *item)
{
	if (*number >= l->n)
		return false;
	if (*number < l->number)
		l->at = l->number = 0;
	do
		if (!read_one(l, item))
			return false;
	while (l->number <= *number);
	++*number;
	return true;
}

void file_list_fini(struct file_list *l)
{
	text_free(&l->records);
	text_free(&l->last);
	text_free(&l->name);
	*l = (struct file_list){0};
}
