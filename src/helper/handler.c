#include "config.h" /* for struct ucred */

#include "handler.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "base/packet.h"
#include "base/secret.h"
#include "child.h"
#include "command.h"
#include "places.h"
#include "request.h"
#include "settings.h"

enum { REQUEST_MS = 10000, REFUSED_MS = 200 };

/* Takes the message. False: the other side is gone. */
static bool tell(int fd, json_t *message, const int *fds, size_t nfds)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	bool ok =
		text != NULL && packet_send(fd, text, strlen(text), fds, nfds);

	free(text);
	json_decref(message);
	return ok;
}

static void tell_error(int fd, const struct err *e)
{
	(void)tell(fd,
		   json_pack("{s:{s:s,s:s}}", "error", "code", e->api, "detail",
			     e->msg),
		   NULL, 0);
}

static bool check_peer(int fd, const struct settings *s, struct err *e)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return err_set(e, ERR_IO, "helper_failed",
			       "coffer-helper cannot tell who asks: %m");
	if (settings_allow(s, peer.uid))
		return true;
	log_warn("helper", "user %u may not ask", (unsigned)peer.uid);
	return err_set(e, ERR_DENIED, "helper_failed",
		       "coffer-helper does not serve user %u: put it under "
		       "allow in helper.conf",
		       (unsigned)peer.uid);
}

/* In bytes[PACKET_MAX]; 0 with *e filled, or empty: the peer has gone. */
static size_t receive(int fd, char *bytes, int ms, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t nfds = 0;
	ssize_t n;

	if (poll(&p, 1, ms) <= 0) {
		(void)err_set(e, ERR_TIMEOUT, "program_refused",
			      "no request came within %d ms", ms);
		return 0;
	}
	n = packet_receive(fd, bytes, PACKET_MAX, NULL, &nfds);
	if (n < 0)
		(void)err_set(e, ERR_INVALID, "program_refused",
			      "the request is no packet of at most %d bytes",
			      PACKET_MAX);
	return n > 0 ? (size_t)n : 0;
}

static void add_programs(json_t *reply, const char *key,
			 const struct settings *s, enum program_kind kind)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nprograms; i++) {
		if (s->programs[i].kind == kind)
			(void)json_array_append_new(
				list, json_string(s->programs[i].name));
	}
	(void)json_object_set_new(reply, key, list);
}

/* Those that are there. */
static void add_tools(json_t *reply, const struct settings *s)
{
	const char *const *tool = settings_tools();
	json_t *list = json_array();
	char path[128];

	for (; *tool != NULL; tool++) {
		if (access(settings_tool(s, *tool, path, sizeof(path)), X_OK) ==
		    0)
			(void)json_array_append_new(list, json_string(*tool));
	}
	(void)json_object_set_new(reply, "tools", list);
}

static void add_folders(json_t *reply, const char *key,
			const struct folder_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		(void)json_array_append_new(list, json_string(l->paths[i]));
	(void)json_object_set_new(reply, key, list);
}

static void serve_list(int fd, const struct settings *s)
{
	json_t *reply = json_object();

	add_programs(reply, "provisioners", s, PROGRAM_PROVISIONER);
	add_programs(reply, "hooks", s, PROGRAM_HOOK);
	add_tools(reply, s);
	add_folders(reply, "instances", &s->instances);
	add_folders(reply, "snapshots", &s->snapshots);
	(void)tell(fd, json_pack("{s:o}", "reply", reply), NULL, 0);
}

static bool serve_remove(int fd, const struct settings *s,
			 const struct request *r, struct err *e)
{
	if (!place_remove(&s->instances, request_text(r, "directory"), e))
		return false;
	(void)tell(fd, json_pack("{s:{}}", "reply"), NULL, 0);
	return true;
}

static void close_pipes(struct child *c)
{
	for (size_t i = 0; i < 3; i++) {
		(void)close(c->pipes[i]);
		c->pipes[i] = -1;
	}
}

/* Its ends of the pipes are the server's alone from then on. */
static void accompany(int fd, struct child *c)
{
	struct child_end end;

	/* A peer that is gone is found by child_wait(). */
	(void)tell(fd, json_pack("{s:b,s:i}", "started", 1, "pid", (int)c->pid),
		   c->pipes, 3);
	close_pipes(c);
	child_wait(c, fd, &end);
	(void)tell(fd,
		   json_pack("{s:i,s:i}", "status", end.status, "signal",
			     end.signal),
		   NULL, 0);
}

static bool serve_program(int fd, const struct settings *s,
			  const struct request *r, struct err *e)
{
	struct command m = {0};
	struct child c = {.watch = -1, .pipes = {-1, -1, -1}};
	bool ok = command_build(&m, s, r, e) && child_start(&c, &m, s, e);

	command_fini(&m);
	if (ok)
		accompany(fd, &c);
	child_fini(&c);
	return ok;
}

static bool act(int fd, const struct settings *s, const struct request *r,
		struct err *e)
{
	switch (r->verb) {
	case VERB_LIST:
		serve_list(fd, s);
		return true;
	case VERB_REMOVE:
		return serve_remove(fd, s, r, e);
	case VERB_PROVISION:
	case VERB_HOOK:
	case VERB_BACKUP:
	case VERB_UNPACK:
	case VERB_PREPARE:
	case VERB_PACK:
		return serve_program(fd, s, r, e);
	case VERB_COUNT:
		break;
	}
	return err_bug(e, "no such verb");
}

/* A request that is not taken would take the answer with it: a socket that is
 * closed with something unread is reset. */
static void refuse(int fd, char *bytes, const struct err *e)
{
	struct err ignored = {0};

	(void)receive(fd, bytes, REFUSED_MS, &ignored);
	tell_error(fd, e);
}

static void serve(int fd, const struct settings *s, char *bytes)
{
	struct request r = {0};
	struct err e = {0};
	size_t len = receive(fd, bytes, REQUEST_MS, &e);

	if (len > 0 && request_parse(&r, bytes, len, &e)) {
		secret_wipe(bytes, len);
		(void)act(fd, s, &r, &e);
	}
	if (err_is(&e))
		tell_error(fd, &e);
	request_fini(&r);
}

void handler_serve(int fd, const char *config)
{
	static char bytes[PACKET_MAX];
	struct settings s = {0};
	struct err e = {0};

	if (settings_load(&s, config, &e) && check_peer(fd, &s, &e))
		serve(fd, &s, bytes);
	else
		refuse(fd, bytes, &e);
	secret_wipe(bytes, sizeof(bytes));
	settings_fini(&s);
}
