/* session.h - what a command works with: the server, and where it writes. */
#ifndef COFFER_CTL_SESSION_H
#define COFFER_CTL_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"
#include "base/text.h"
#include "ctl/command.h"

struct client;
struct table;

struct session {
	struct client *client; /* NULL for commands that ask no server */
	bool is_json;
	bool is_terminal; /* standard output is one */
	bool has_colour;
	size_t width; /* of the terminal; 0: it is none */
};

/* The options that all commands have. */
const struct option_spec *session_options(void);

/* Reads what was given, the environment and the token; asks nothing yet. False
 * with *e filled. session_fini() also ends a half-made one. */
bool session_init(struct session *s, const struct arguments *a, bool is_local,
		  struct err *e) MUST_CHECK;
void session_fini(struct session *s);

/* Writes a document to standard output, indented, and a line end. */
void session_json(const struct session *s, const json_t *doc);

/* Writes text; what of it is of others has been cleaned (words.h). */
void session_text(const char *text, size_t len);

/* Writes a table. */
enum ctl_status session_table(const struct session *s, const struct table *t);

/*
 * Says on standard error what is wrong: of a refusal of the server title,
 * detail and each field at fault; with --json the problem document or
 * {"code","detail"} on one line. Returns the status that e means.
 */
enum ctl_status session_fail(const struct session *s, const struct err *e);

/* The status of e, without a word. */
enum ctl_status session_status(const struct err *e);

/* A line on standard error, for people; nothing with --json. */
void session_note(const struct session *s, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

#endif
