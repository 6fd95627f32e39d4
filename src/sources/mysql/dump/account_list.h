/*
 * account_list.h - who there is on a server, and who has which role: read
 * from two lists, then brought into the order in which they can be made.
 */
#ifndef COFFER_SOURCES_MYSQL_ACCOUNT_LIST_H
#define COFFER_SOURCES_MYSQL_ACCOUNT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/mysql/dump/account.h"
#include "sources/mysql/dump/order.h"

struct my_conn;

/* Zero it to begin with. */
struct my_accounts {
	struct my_account *list; /* sorted: roles first, then by name */
	size_t n, cap;
	struct my_edges edges; /* a role before who has it */
	uint32_t *order;       /* places in the list, as they can be made */
};

/* The current row: user, host, whether it is a role ("1"), default role or
 * NULL. The server's own are passed over. False: no memory. */
bool my_accounts_add(struct my_accounts *l, const struct my_conn *c,
		     bool is_mariadb) MUST_CHECK;

/* After the last one was added. */
void my_accounts_sort(struct my_accounts *l);

/* The current row: a role's user and host, those of who has it, and whether as
 * its administrator ("Y"). The list is sorted; who is not in it is passed
 * over. False: no memory. */
bool my_accounts_map(struct my_accounts *l, const struct my_conn *c) MUST_CHECK;

/* After the last mapping: fills order. False: no memory. */
bool my_accounts_order(struct my_accounts *l) MUST_CHECK;

/* Frees what it holds. */
void my_accounts_fini(struct my_accounts *l);

#endif
