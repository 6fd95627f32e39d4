/* server_int.h - what server.c makes and server_begin.c goes on with. */
#ifndef COFFER_SERVER_INT_H
#define COFFER_SERVER_INT_H

#include <stdbool.h>

#include "server.h"

struct budget;
struct catalog;
struct event;
struct helper;
struct http_server;
struct jobs;
struct loop;
struct scheduler;
struct secret_key;
struct signer;
struct spool;
struct transfers;
struct workers;

struct server {
	const struct config *config;
	int lock;
	char *token_path;
	struct secret_key *key;
	struct signer *signer;
	struct loop *loop;
	struct workers *cpu, *blocking, *bulk;
	struct transfers *transfers;
	struct helper *helper;
	struct catalog *catalog;
	struct budget *budget;
	struct spool *spool;
	struct jobs *jobs;
	struct scheduler *scheduler;
	struct http_server *http;
	struct event *deadline;
	bool is_ready, is_stopping, has_failed;
	void (*reload)(void *arg);
	void *reload_arg;
};

/* Gives up what the process needs never: core dumps, a look of others into its
 * memory, rights by set-uid programs, and, unless it starts its helper itself,
 * programs at all. What the kernel refuses is logged. */
void server_confine(const struct config *c);

/* Recovers the catalog, then opens the API to its callers; goes on by itself on
 * the loop until is_ready, or has_failed and the loop ends. False with *e
 * filled: it could not begin. */
bool server_begin(struct server *s, struct err *e) MUST_CHECK;

#endif
