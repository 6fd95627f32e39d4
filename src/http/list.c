/* list.c - what all lists of records do alike. */
#include "http/list_int.h"

bool list_query(struct request *r, struct catalog_query *q)
{
	query_list(&r->query, q, &r->faults);
	return request_is_sound(r);
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
