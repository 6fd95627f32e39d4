/*
 * questions.h - a phase of a backup that is a row of questions: it connects,
 * asks one after the other, and is over. It gives no frames.
 */
#ifndef COFFER_SOURCES_MYSQL_QUESTIONS_H
#define COFFER_SOURCES_MYSQL_QUESTIONS_H

#include <stddef.h>

#include "pipeline/pipeline.h"
#include "sources/mysql/dialog.h"

struct my_questions_kind {
	struct source_ops ops; /* a name; .read and .destroy are those below */
	/* In their order. answer() and refused() set no state: true goes on to
	 * the next one. */
	const struct my_ask *asks;
	size_t count;
	/* The source goes, whether it came to its end or not: what becomes of
	 * the connection. */
	void (*leave)(void *arg);
};

/* For a kind's ops. */
enum flow my_questions_read(struct source *source, struct link *out,
			    struct err *e);
void my_questions_destroy(struct source *source);

/* Borrows conn, which wakes it, and arg, which each question is given, until
 * it is destroyed. NULL with *e filled. */
struct source *my_questions_new(const struct my_questions_kind *kind,
				struct my_conn *conn, void *arg,
				struct err *e) MUST_CHECK;

#endif
