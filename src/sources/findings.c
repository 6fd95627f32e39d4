/* findings.c - gathers what a look at a target found. */
#include "sources/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/clean_int.h"

enum {
	SENTENCE_BYTES = 240, /* of names in a sentence, then "..." */
	WORD_MAX_BYTES = 256,
};

static void add(struct findings *r, bool is_blocker, const char *code,
		const char *detail)
{
	struct load_finding *f;

	/* What blocks takes the place of what does not. */
	if (r->nfindings == LOAD_FINDINGS_MAX && is_blocker)
		r->nfindings = LOAD_FINDINGS_MAX - 1;
	if (r->nfindings == LOAD_FINDINGS_MAX)
		return;
	f = &r->findings[r->nfindings++];
	f->is_blocker = is_blocker;
	(void)str_copy(f->code, sizeof(f->code), code);
	(void)str_copy(f->detail, sizeof(f->detail), detail);
}

void findings_block(struct findings *r, const char *code, const char *fmt, ...)
{
	char detail[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	add(r, true, code, detail);
}

void findings_warn(struct findings *r, const char *code, const char *fmt, ...)
{
	char detail[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	add(r, false, code, detail);
}

void findings_name(struct text *t, const char *database, const char *table)
{
	char group[WORD_MAX_BYTES], name[WORD_MAX_BYTES];

	if (t->len > SENTENCE_BYTES) {
		if (t->data[t->len - 1] != '.')
			text_str(t, " ...");
		return;
	}
	text_printf(t, "%s%s", t->len > 0 ? ", " : "",
		    source_clean(group, sizeof(group), database));
	if (table != NULL)
		text_printf(t, ".%s", source_clean(name, sizeof(name), table));
}

static bool keep(struct names_list *l, const char *database, const char *table)
{
	struct text t = {0};

	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 16;
		char **grown = reallocarray(l->list, cap, sizeof(*grown));

		if (grown == NULL)
			return false;
		l->list = grown;
		l->cap = cap;
	}
	text_str(&t, database);
	if (table != NULL) {
		text_char(&t, '.');
		text_str(&t, table);
	}
	l->list[l->n] = text_take(&t);
	if (l->list[l->n] == NULL)
		return false;
	l->n++;
	return true;
}

void findings_fate(struct findings *r, enum fate fate, const char *database,
		   const char *table)
{
	struct names_list *list =
		fate == FATE_CREATE ? &r->create : &r->replace;

	if (!keep(list, database, table))
		r->is_broken = true;
	if (fate == FATE_TAKEN)
		findings_name(&r->taken, database, table);
	if (fate == FATE_SILENT)
		findings_name(&r->silent, database, table);
}

/* Each kind in the order in which it was found. */
static void blockers_first(struct findings *r)
{
	for (size_t i = 1; i < r->nfindings; i++)
		for (size_t k = i; k > 0 && r->findings[k].is_blocker &&
				   !r->findings[k - 1].is_blocker;
		     k--) {
			struct load_finding f = r->findings[k];

			r->findings[k] = r->findings[k - 1];
			r->findings[k - 1] = f;
		}
}

bool findings_end(struct findings *r, struct load_report *out, struct err *e)
{
	if (r->is_broken || r->taken.is_broken || r->silent.is_broken)
		return err_nomem(e, "a check");
	if (r->taken.len > 0)
		findings_block(r, "target_not_empty",
			       "these exist at the target and are not empty: "
			       "%s; set overwrite and confirm them, or rename",
			       r->taken.data);
	if (r->silent.len > 0)
		findings_block(r, "confirm_required",
			       "these would be replaced: %s; name each of "
			       "them in confirm",
			       r->silent.data);
	blockers_first(r);
	*out = (struct load_report){
		.findings = r->findings,
		.nfindings = r->nfindings,
		.would_create = (const char *const *)r->create.list,
		.would_replace = (const char *const *)r->replace.list,
		.ncreate = r->create.n,
		.nreplace = r->replace.n,
	};
	return true;
}

static void free_list(struct names_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i]);
	free(l->list);
}

void findings_fini(struct findings *r)
{
	free_list(&r->create);
	free_list(&r->replace);
	text_free(&r->taken);
	text_free(&r->silent);
	*r = (struct findings){0};
}
