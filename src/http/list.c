/* list.c - what all lists of records do alike. */
#include "http/list_int.h"

#include <string.h>

bool list_query(struct request *r, struct catalog_query *q)
{
	query_list(&r->query, q, &r->faults);
	return request_is_sound(r);
}

char *list_text(json_t *items, const struct catalog_page *page)
{
	json_t *shown = show_page(items, page);
	char *text = shown ? json_dumps(shown, JSON_COMPACT) : NULL;

	json_decref(shown);
	return text;
}

void list_answer(struct request *r, const struct catalog_page *page,
		 const struct err *e)
{
	struct reply_bytes b = {.type = "application/json"};

	if (!request_resume(r, e))
		return;
	b.bytes = page->text;
	b.len = strlen(b.bytes);
	request_reply_bytes(r, 200, &b);
}

void list_append(json_t **items, json_t *item)
{
	if (*items == NULL) {
		json_decref(item);
	} else if (json_array_append_new(*items, item) != 0) {
		json_decref(*items);
		*items = NULL;
	}
}
