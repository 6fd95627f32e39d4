#include "config.h" /* for struct ucred */

#include "guests.h"

#include <sys/socket.h>
#include <unistd.h>

#include "settings.h"

bool guests_is_stranger(int fd, const char *config)
{
	struct settings s = {0};
	struct err e = {0};
	struct ucred peer;
	socklen_t len = sizeof(peer);
	bool is_known;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return true;
	if (peer.uid == 0 || peer.uid == geteuid())
		return false;
	is_known =
		settings_load(&s, config, &e) && settings_allow(&s, peer.uid);
	settings_fini(&s);
	return !is_known;
}

bool guests_have_room(const struct guests *g, bool is_stranger)
{
	return g->n < GUESTS_MAX &&
	       (!is_stranger || g->strangers < GUESTS_STRANGERS_MAX);
}

void guests_add(struct guests *g, pid_t pid, bool is_stranger)
{
	g->all[g->n++] = (struct guest){pid, is_stranger};
	g->strangers += is_stranger ? 1 : 0;
}

void guests_leave(struct guests *g, pid_t pid)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->all[i].pid != pid)
			continue;
		g->strangers -= g->all[i].is_stranger ? 1 : 0;
		g->all[i] = g->all[--g->n];
		return;
	}
}
