/* account_list.c - who there is on a server, and who has which role. */
#include "sources/mysql/dump/account_list.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/quote.h"

static struct my_account *grow(struct my_accounts *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 32;
		struct my_account *grown =
			reallocarray(l->list, cap, sizeof(*grown));

		if (grown == NULL)
			return NULL;
		l->list = grown;
		l->cap = cap;
	}
	return &l->list[l->n++];
}

bool my_accounts_add(struct my_accounts *l, const struct my_conn *c,
		     bool is_mariadb)
{
	const char *user = my_value(c, 0), *host = my_value(c, 1);
	const char *is_role = my_value(c, 2);
	struct my_account *a;

	if (user == NULL || host == NULL || my_account_is_servers_own(user))
		return true;
	a = grow(l);
	if (a == NULL || !my_account_init(a, user, host, my_value(c, 3)))
		return false;
	a->is_role = is_role != NULL && is_role[0] == '1';
	a->is_nowhere = a->is_role && is_mariadb;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct my_account *x = a, *y = b;
	int order = y->is_role - x->is_role;

	if (order == 0)
		order = strcmp(x->user, y->user);
	return order != 0 ? order : strcmp(x->host, y->host);
}

void my_accounts_sort(struct my_accounts *l)
{
	if (l->n > 0)
		qsort(l->list, l->n, sizeof(*l->list), compare);
}

static struct my_account *find_like(const struct my_accounts *l,
				    const struct my_account *key)
{
	return l->n > 0 ? bsearch(key, l->list, l->n, sizeof(*key), compare)
			: NULL;
}

/* The account in two columns of the current row; NULL: none of ours. */
static struct my_account *find(const struct my_accounts *l,
			       const struct my_conn *c, unsigned column)
{
	/* bsearch() compares two of a kind, and changes nothing. */
	struct my_account key = {
		.user = (char *)(uintptr_t)my_value(c, column),
		.host = (char *)(uintptr_t)my_value(c, column + 1),
		.is_role = true,
	};
	struct my_account *found;

	if (key.user == NULL || key.host == NULL)
		return NULL;
	found = find_like(l, &key);
	key.is_role = false;
	return found != NULL ? found : find_like(l, &key);
}

static void add_admin(struct my_account *role, const struct my_account *who)
{
	struct text name = {0};

	my_account_name(&name, who);
	text_str(&role->admins, role->admins.len > 0 ? ", " : "");
	if (name.is_broken)
		role->admins.is_broken = true;
	else
		my_quote_value(&role->admins, name.data, name.len);
	text_free(&name);
}

bool my_accounts_map(struct my_accounts *l, const struct my_conn *c)
{
	struct my_account *role = find(l, c, 0), *who = find(l, c, 2);
	const char *is_admin = my_value(c, 4);

	if (role == NULL || who == NULL)
		return true;
	if (is_admin != NULL && is_admin[0] == 'Y')
		add_admin(role, who);
	return !role->admins.is_broken &&
	       my_edges_add(&l->edges, (uint32_t)(role - l->list),
			    (uint32_t)(who - l->list));
}

bool my_accounts_order(struct my_accounts *l)
{
	l->order = calloc(l->n + 1, sizeof(*l->order));
	return l->order != NULL &&
	       my_order(&l->edges, l->order, (uint32_t)l->n);
}

void my_accounts_fini(struct my_accounts *l)
{
	for (size_t i = 0; i < l->n; i++)
		my_account_fini(&l->list[i]);
	free(l->list);
	my_edges_fini(&l->edges);
	free(l->order);
	*l = (struct my_accounts){0};
}
