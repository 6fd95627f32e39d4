/* faults.c - collects what is wrong with a request. */
#include "http/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/problem.h"

static struct fault *faults_room(struct faults *f)
{
	f->total++;
	if (f->n == FAULTS_MAX)
		return NULL;
	if (f->list == NULL)
		f->list = calloc(FAULTS_MAX, sizeof(*f->list));
	if (f->list == NULL) {
		f->is_broken = true;
		return NULL;
	}
	return &f->list[f->n++];
}

/* Through err_set(), which keeps it UTF-8 where it has to cut. */
static void keep_text(char *out, size_t cap, const char *text)
{
	struct err e = {0};

	(void)err_set(&e, ERR_INVALID, "", "%.*s", (int)cap - 1, text);
	(void)str_copy(out, cap, e.msg);
}

void faults_add(struct faults *f, const char *where, const char *code,
		const char *fmt, ...)
{
	struct fault *one = faults_room(f);
	char detail[ERR_MSG_MAX];
	va_list ap;

	if (one == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	(void)str_copy(one->code, sizeof(one->code), code);
	keep_text(one->where, sizeof(one->where), where);
	keep_text(one->detail, sizeof(one->detail), detail);
}

void faults_add_err(struct faults *f, const char *where, const struct err *e)
{
	if (e->code == ERR_NOMEM)
		f->is_broken = true;
	else
		faults_add(f, where, e->api, "%s", e->msg);
}

const struct fault *faults_first(const struct faults *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (problem_status_of(f->list[i].code, 422) != 400)
			return &f->list[i];
	}
	return &f->list[0];
}

static json_t *fault_json(const struct fault *one)
{
	bool is_pointer = one->where[0] == '/' || one->where[0] == '\0';

	return json_pack("{s:s, s:s, s:s}",
			 is_pointer ? "pointer" : "parameter", one->where,
			 "code", one->code, "detail", one->detail);
}

json_t *faults_json(const struct faults *f)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < f->n; i++) {
		if (json_array_append_new(list, fault_json(&f->list[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void faults_fini(struct faults *f)
{
	free(f->list);
	memset(f, 0, sizeof(*f));
}
