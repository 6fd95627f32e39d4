/*
 * server.h - the rooms of the server, made from the bottom up and taken down
 * from the top.
 */
#ifndef COFFER_SERVER_H
#define COFFER_SERVER_H

#include "base/err.h"
#include "config/config.h"

struct server;

/*
 * Makes everything and begins to serve; the catalog's recovery and the first
 * token follow on the loop. c is borrowed for its life; reload() is called on
 * SIGHUP. NULL with *e filled: nothing is left open.
 */
struct server *server_new(const struct config *c, void (*reload)(void *arg),
			  void *arg, struct err *e) MUST_CHECK;

/* Serves until SIGTERM or SIGINT and at most 9 seconds more. True: it ended
 * because it was asked to; false: it could not begin (it is in the log). */
bool server_run(struct server *s);

/* NULL is fine. */
void server_free(struct server *s);

#endif
