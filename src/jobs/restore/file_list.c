#include "jobs/restore/file_list.h"

#include <string.h>

#include "sources/load.h"

/* Name, type, target and facts follow, each with a zero; of the last two one
 * that is not there takes nothing. */
struct record {
	struct digest digest;
	uint64_t size;
	uint32_t name_len, type_len, target_len, facts_len;
	bool has_target, has_facts;
};

static uint32_t len_of(const char *s)
{
	return s != NULL ? (uint32_t)strlen(s) : 0;
}

bool file_list_add(struct file_list *l, const struct load_item *item,
		   struct err *e)
{
	struct record r = {
		.digest = item->digest,
		.size = item->size,
		.name_len = len_of(item->name),
		.type_len = len_of(item->type),
		.target_len = len_of(item->target),
		.facts_len = len_of(item->facts),
		.has_target = item->target != NULL,
		.has_facts = item->facts != NULL,
	};

	text_add(&l->records, &r, sizeof(r));
	text_add(&l->records, item->name, r.name_len + 1);
	text_add(&l->records, item->type, r.type_len + 1);
	if (r.has_target)
		text_add(&l->records, item->target, r.target_len + 1);
	if (r.has_facts)
		text_add(&l->records, item->facts, r.facts_len + 1);
	l->n++;
	return !l->records.is_broken || err_nomem(e, "a list of files");
}

/* The record at l->at, which goes behind it. */
static void read_one(struct file_list *l, struct load_item *item)
{
	const char *at = l->records.data + l->at;
	struct record r;

	memcpy(&r, at, sizeof(r));
	at += sizeof(r);
	*item = (struct load_item){
		.database = "",
		.name = at,
		.type = at + r.name_len + 1,
		.digest = r.digest,
		.size = r.size,
	};
	at += r.name_len + 1 + r.type_len + 1;
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
}

bool file_list_next(struct file_list *l, size_t *number, struct load_item *item)
{
	if (*number >= l->n)
		return false;
	if (*number < l->number)
		l->at = l->number = 0;
	do
		read_one(l, item);
	while (l->number <= *number);
	++*number;
	return true;
}

void file_list_fini(struct file_list *l)
{
	text_free(&l->records);
	*l = (struct file_list){0};
}
