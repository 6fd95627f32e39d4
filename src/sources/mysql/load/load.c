/* load.c - one restore into one server. */
#include "sources/mysql/load/load_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/mysql.h"

enum {
	NAME_BYTES_MAX = 256, /* 64 characters */
	WIDTH_MAX = 16,
	WIDTH_DEFAULT = 4,
	WIDTH_UNKNOWN = 2, /* the target does not tell its cores */
	NOTES_MAX = 100,
};

static struct my_load *load_of(struct load *l)
{
	return (struct my_load *)(void *)l;
}

bool my_load_may_drop(const struct my_load *l, const char *name)
{
	for (size_t i = 0; l->is_overwrite && i < l->nconfirm; i++)
		if (strcmp(l->confirm[i], name) == 0)
			return true;
	return false;
}

/* "shop.orders" */
static bool is_both(const char *confirmed, const char *database,
		    const char *table)
{
	size_t n = strlen(database);

	return strncmp(confirmed, database, n) == 0 && confirmed[n] == '.' &&
	       strcmp(confirmed + n + 1, table) == 0;
}

bool my_load_may_drop_table(const struct my_load *l, const char *database,
			    const char *table)
{
	for (size_t i = 0; l->is_overwrite && i < l->nconfirm; i++)
		if (is_both(l->confirm[i], database, table))
			return true;
	return false;
}

const struct my_partial *my_load_partial(const struct my_load *l,
					 const char *database)
{
	for (size_t i = 0; i < l->ndatabases; i++)
		if (strcmp(l->databases[i], database) == 0)
			return l->partials[i].is_partial ? &l->partials[i]
							 : NULL;
	return NULL;
}

/* Without memory it is counted alone. */
void my_load_note(struct my_load *l, const char *fmt, ...)
{
	struct load_facts *f = &l->facts;
	struct load_note *grown;
	va_list ap;

	f->left_out++;
	if (f->nnotes == NOTES_MAX)
		return;
	grown = reallocarray(f->notes, f->nnotes + 1, sizeof(*grown));
	if (grown == NULL)
		return;
	f->notes = grown;
	va_start(ap, fmt);
	(void)vsnprintf(f->notes[f->nnotes].text, sizeof(grown->text), fmt, ap);
	va_end(ap);
	f->nnotes++;
}

bool my_load_hold(struct my_load *l, const char *sql, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return false;
	if (l->nheld == l->held_cap) {
		size_t cap = l->held_cap > 0 ? l->held_cap * 2 : 16;
		struct my_held *grown =
			reallocarray(l->held, cap, sizeof(*grown));

		if (grown == NULL) {
			free(copy);
			return false;
		}
		l->held = grown;
		l->held_cap = cap;
	}
	memcpy(copy, sql, len);
	copy[len] = '\0';
	l->held[l->nheld++] = (struct my_held){copy, len};
	return true;
}

void my_load_blame(struct err *e)
{
	if (strncmp(e->api, "source_", 7) == 0)
		(void)str_copy(e->api, sizeof(e->api), "target_failed");
}

static const struct load_facts *load_facts(const struct load *base)
{
	/* base comes first */
	return &((const struct my_load *)(const void *)base)->facts;
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; names != NULL && i < n; i++)
		free(names[i]);
	free(names);
}

static void load_destroy(struct load *base)
{
	struct my_load *l = load_of(base);

	address_copy_fini(&l->address);
	for (size_t i = 0; l->partials != NULL && i < l->ndatabases; i++)
		free_names(l->partials[i].tables, l->partials[i].n);
	free(l->partials);
	free_names(l->databases, l->ndatabases);
	free_names(l->confirm, l->nconfirm);
	free_names(l->definers, l->ndefiners);
	free(l->session_json);
	free(l->facts.notes);
	my_plain_fini(l);
	my_renames_fini(&l->renames);
	for (size_t i = 0; i < l->nheld; i++)
		free(l->held[i].sql);
	free(l->held);
	free(l);
}

/* Each connection keeps a core of the target busy. */
static unsigned load_width(const struct load *base, enum item_kind section)
{
	const struct my_load *l = (const struct my_load *)(const void *)base;

	if (section != ITEM_DATA)
		return 1;
	if (l->parallelism > 0)
		return l->parallelism < WIDTH_MAX ? l->parallelism : WIDTH_MAX;
	if (l->cores == 0)
		return WIDTH_UNKNOWN;
	return l->cores < WIDTH_DEFAULT ? l->cores : WIDTH_DEFAULT;
}

static const struct load_ops ops = {
	.check = my_load_check,
	.width = load_width,
	.sink = my_load_sink,
	.verify = my_load_verify,
	.facts = load_facts,
	.destroy = load_destroy,
};

static bool copy_names(char ***to, size_t *nto, const char *const *from,
		       size_t n)
{
	*to = calloc(n + 1, sizeof(**to));
	if (*to == NULL)
		return false;
	for (*nto = 0; *nto < n; (*nto)++) {
		(*to)[*nto] = strdup(from[*nto]);
		if ((*to)[*nto] == NULL)
			return false;
	}
	return true;
}

static bool copy_partial(struct my_partial *p, const struct load_config *c,
			 const char *database)
{
	for (size_t i = 0; i < c->npartial; i++) {
		const struct source_scope_database *d = &c->partial[i];

		if (strcmp(d->name, database) != 0)
			continue;
		p->is_partial = true;
		return copy_names(&p->tables, &p->n, d->tables, d->ntables);
	}
	return true;
}

static bool copy_targets(struct my_load *l, const struct load_config *c)
{
	l->databases = calloc(c->ndatabases + 1, sizeof(*l->databases));
	l->partials = calloc(c->ndatabases + 1, sizeof(*l->partials));
	if (l->databases == NULL || l->partials == NULL)
		return false;
	for (; l->ndatabases < c->ndatabases; l->ndatabases++) {
		const char *name = my_renames_find(&l->renames,
						   c->databases[l->ndatabases]);

		l->databases[l->ndatabases] = strdup(name);
		if (l->databases[l->ndatabases] == NULL)
			return false;
		if (!copy_partial(&l->partials[l->ndatabases], c,
				  c->databases[l->ndatabases])) {
			l->ndatabases++; /* what there is is freed */
			return false;
		}
	}
	return true;
}

static bool copy_config(struct my_load *l, const struct load_config *c)
{
	for (size_t i = 0; i < c->nrenames; i++)
		if (!my_renames_add(&l->renames, c->renames[i].from,
				    c->renames[i].to))
			return false;
	l->is_overwrite = c->is_overwrite;
	l->max_statement_bytes = c->max_statement_bytes;
	l->plain_bytes = c->plain_bytes;
	l->parallelism = c->parallelism;
	l->definer = c->definer;
	if (c->session_json != NULL &&
	    (l->session_json = strdup(c->session_json)) == NULL)
		return false;
	if (c->source_version != NULL) {
		my_server_parse(&l->source, c->source_version);
		l->has_source = l->source.number > 0;
	}
	return address_copy_init(&l->address, &c->address) &&
	       copy_targets(l, c) &&
	       copy_names(&l->confirm, &l->nconfirm, c->confirm, c->nconfirm) &&
	       copy_names(&l->definers, &l->ndefiners, c->definers,
			  c->ndefiners);
}

static bool bad_target(struct err *e, const char *name, const char *what)
{
	char clean[MY_TEXT_MAX];

	return err_set(e, ERR_INVALID, "invalid_scope",
		       "database \"%s\" %s: choose another name in rename",
		       my_clean(clean, sizeof(clean), name), what);
}

/* Two into one would mix them; the server's own are not for that. */
static bool check_targets(const struct my_load *l, struct err *e)
{
	for (size_t i = 0; i < l->ndatabases; i++) {
		const char *name = l->databases[i];

		if (name == NULL || name[0] == '\0' ||
		    strlen(name) > NAME_BYTES_MAX)
			return bad_target(e, "", "has no usable name");
		if (my_is_system_database(name))
			return bad_target(e, name, "is the server's own");
		for (size_t j = 0; j < i; j++)
			if (strcmp(l->databases[j], name) == 0)
				return bad_target(e, name,
						  "would be restored twice");
	}
	return true;
}

static bool is_in_backup(const struct load_config *c, const char *name)
{
	for (size_t i = 0; i < c->ndatabases; i++)
		if (strcmp(c->databases[i], name) == 0)
			return true;
	return false;
}

static bool check_partial(const struct load_config *c, struct err *e)
{
	for (size_t i = 0; i < c->npartial; i++)
		if (!is_in_backup(c, c->partial[i].name))
			return bad_target(e, c->partial[i].name,
					  "is not among those restored");
	return true;
}

static bool check_renames(const struct load_config *c, struct err *e)
{
	for (size_t i = 0; i < c->nrenames; i++)
		if (!is_in_backup(c, c->renames[i].from))
			return bad_target(e, c->renames[i].from,
					  "is renamed but not in the backup");
	return true;
}

struct load *my_load_new(const struct source_env *env,
			 const struct load_config *c, struct err *e)
{
	struct my_load *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	l->base.ops = &ops;
	l->env = env;
	if (!copy_config(l, c))
		(void)err_nomem(e, "a restore");
	else if (check_renames(c, e) && check_partial(c, e) &&
		 check_targets(l, e))
		return &l->base;
	load_destroy(&l->base);
	return NULL;
}
