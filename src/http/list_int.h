/* list_int.h - what all lists of records do alike. */
#ifndef COFFER_HTTP_LIST_INT_H
#define COFFER_HTTP_LIST_INT_H

#include "http/request_int.h"
#include "http/show.h"

/* Reads the parameters of a list; false: it was answered. */
bool list_query(struct request *r, struct catalog_query *q) MUST_CHECK;

/*
 * In a catalog_render_fn: text becomes a page as the API shows it, or NULL, of
 * what shown makes of each record, which is list[i_]. That is beside the loop,
 * so shown may use nothing but the record and what the function is given.
 */
#define LIST_TEXT(text, page, shown)                                           \
	do {                                                                   \
		json_t *items_ = json_array();                                 \
		for (size_t i_ = 0; i_ < (page)->n; i_++)                      \
			list_append(&items_, shown);                           \
		(text) = list_text(items_, page);                              \
	} while (0)

/* The page's document; takes items. NULL: no memory. */
char *list_text(json_t *items, const struct catalog_page *page) MUST_CHECK;

/* The whole of a completion of a list that is rendered. */
void list_answer(struct request *r, const struct catalog_page *page,
		 const struct err *e);

/*
 * The body of a completion of a list: answers with e, or with the page whose
 * items are what show_one() makes of each element of list. Macros, since the
 * element's type is part of it.
 */
#define LIST_ANSWER(r, list, page, e, show_one)                                \
	LIST_ANSWER_(r, page, e, show_one(&(list)[i_]))

/* The same where show_one() takes something else first. */
#define LIST_ANSWER_WITH(r, list, page, e, show_one, with)                     \
	LIST_ANSWER_(r, page, e, show_one(with, &(list)[i_]))

#define LIST_ANSWER_(r, page, e, shown)                                        \
	do {                                                                   \
		json_t *items_;                                                \
		if (!request_resume(r, e))                                     \
			break;                                                 \
		items_ = json_array();                                         \
		for (size_t i_ = 0; i_ < (page)->n; i_++)                      \
			list_append(&items_, shown);                           \
		request_reply(r, 200, show_page(items_, page));                \
	} while (0)

/* Appends item (taken); *items becomes NULL when there is no memory. */
void list_append(json_t **items, json_t *item);

#endif
