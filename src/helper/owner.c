#include "config.h" /* for struct ucred and setgroups() */

#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "settings.h"

enum {
	ANSWER_MS = 10000,
	ADDRESS_MAX = 33, /* of /proc/net/tcp6: 32 hexadecimal digits */
	PLACE_MAX = 300,
	NOGROUP = 65534,
};

/* One end of a connection, as /proc/net/tcp writes it. */
struct end {
	char address[ADDRESS_MAX];
	unsigned port;
};

static bool refuse(struct err *e, const char *place, const char *why)
{
	return err_set(e, ERR_INVALID, "program_refused",
		       "coffer-helper cannot tell whose server %s is: %s",
		       place, why);
}

static void name_place(char place[PLACE_MAX], const struct owner_address *a)
{
	if (a->socket != NULL)
		(void)snprintf(place, PLACE_MAX, "%.280s", a->socket);
	else
		(void)snprintf(place, PLACE_MAX, "%.260s:%u", a->host, a->port);
}

static bool await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, ANSWER_MS) > 0)
		return true;
	errno = ETIMEDOUT;
	return false;
}

/* An open connection, or -1 with errno. */
static int connect_to(int family, const struct sockaddr *a, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int wrong = 0;
	socklen_t n = sizeof(wrong);

	if (fd < 0)
		return -1;
	if (connect(fd, a, len) == 0)
		return fd;
	if (errno == EINPROGRESS && await(fd, POLLOUT) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &wrong, &n) == 0) {
		if (wrong == 0)
			return fd;
		errno = wrong;
	}
	wrong = errno;
	(void)close(fd);
	errno = wrong;
	return -1;
}

static int connect_socket(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (str_copy(a.sun_path, sizeof(a.sun_path), path))
		return connect_to(AF_UNIX, (struct sockaddr *)&a, sizeof(a));
	errno = ENAMETOOLONG;
	return -1;
}

static int connect_host(const char *host, unsigned port)
{
	const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[16];
	int fd = -1;

	(void)snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &wanted, &found) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (const struct addrinfo *a = found; a != NULL && fd < 0;
	     a = a->ai_next)
		fd = connect_to(a->ai_family, a->ai_addr, a->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

/* Words of 32 bits as this machine keeps them, which is how the kernel prints
 * them; an IPv4 address within IPv6 is one of IPv4. */
static bool read_end(struct end *end, const struct sockaddr_storage *a)
{
	const struct sockaddr_in6 *six = (const void *)a;
	const struct sockaddr_in *four = (const void *)a;
	uint32_t words[4] = {0};
	size_t first = 0;

	if (a->ss_family == AF_INET) {
		end->port = ntohs(four->sin_port);
		memcpy(&words[3], &four->sin_addr, sizeof(words[3]));
		first = 3;
	} else if (a->ss_family == AF_INET6) {
		end->port = ntohs(six->sin6_port);
		memcpy(words, &six->sin6_addr, sizeof(words));
		first = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? 3 : 0;
	} else {
		return false;
	}
	end->address[0] = '\0';
	for (size_t i = first; i < 4; i++)
		(void)snprintf(end->address + 8 * (i - first),
			       sizeof(end->address) - 8 * (i - first),
			       "%08" PRIX32, words[i]);
	return true;
}

static bool is_end(const struct end *end, const char *address, unsigned port)
{
	size_t n = strlen(address), own = strlen(end->address);

	/* One of IPv4 may stand in tcp6: its last word. */
	return end->port == port && n >= own &&
	       strcmp(address + n - own, end->address) == 0;
}

/* The user of the socket at the other end; 0 of those that nobody has taken
 * yet, so that they do not count. */
static bool find_in(const char *file, const struct end *here,
		    const struct end *there, uid_t *uid)
{
	FILE *f = fopen(file, "re");
	char line[512], local[ADDRESS_MAX], remote[ADDRESS_MAX];
	unsigned local_port, remote_port, user;
	unsigned long long inode;
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line,
			       "%*s %32[0-9A-F]:%x %32[0-9A-F]:%x %*s %*s %*s "
			       "%*s %u %*s %llu",
			       local, &local_port, remote, &remote_port, &user,
			       &inode) == 6 &&
			inode != 0 && is_end(there, local, local_port) &&
			is_end(here, remote, remote_port);
	if (f != NULL)
		(void)fclose(f);
	*uid = found ? (uid_t)user : 0;
	return found;
}

static void set_user(struct owner *o, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	o->uid = uid;
	o->gid = pw != NULL ? pw->pw_gid : NOGROUP;
}

/* The server greets whom it has taken: until then the socket is nobody's. */
static bool find_tcp(int fd, struct owner *o)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);
	struct end here, there;
	uid_t uid;

	if (!await(fd, POLLIN))
		return false;
	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
	    !read_end(&here, &a))
		return false;
	len = sizeof(a);
	if (getpeername(fd, (struct sockaddr *)&a, &len) != 0 ||
	    !read_end(&there, &a))
		return false;
	errno = EREMOTE;
	if (!find_in("/proc/net/tcp", &here, &there, &uid) &&
	    !find_in("/proc/net/tcp6", &here, &there, &uid))
		return false;
	set_user(o, uid);
	return true;
}

static bool find_unix(int fd, struct owner *o)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	o->uid = peer.uid;
	o->gid = peer.gid;
	return true;
}

static bool check_user(const struct owner *o, const struct settings *s,
		       const char *place, struct err *e)
{
	if (settings_serves(s, o->uid))
		return true;
	return err_set(e, ERR_DENIED, "program_refused",
		       "the server at %s runs as user %u, and its files would "
		       "be copied with that user's rights: if they may, put "
		       "servers = %u under [helper] in helper.conf",
		       place, (unsigned)o->uid, (unsigned)o->uid);
}

bool owner_find(const struct owner_address *a, const struct settings *s,
		struct owner *o, struct err *e)
{
	char place[PLACE_MAX];
	bool ok;
	int fd;

	if ((a->socket == NULL) == (a->host == NULL))
		return refuse(e, "asked for", "name its socket or its host");
	name_place(place, a);
	fd = a->socket != NULL ? connect_socket(a->socket)
			       : connect_host(a->host, a->port);
	ok = fd >= 0 &&
	     (a->socket != NULL ? find_unix(fd, o) : find_tcp(fd, o));
	if (!ok)
		(void)refuse(e, place,
			     errno == EREMOTE ? "it is not on this host"
					      : strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return ok && check_user(o, s, place, e);
}

bool owner_become(const struct owner *o, struct err *e)
{
	if (setgroups(0, NULL) == 0 && setresgid(o->gid, o->gid, o->gid) == 0 &&
	    setresuid(o->uid, o->uid, o->uid) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return true;
	return err_set(e, ERR_IO, "helper_failed",
		       "coffer-helper cannot become user %u: %m",
		       (unsigned)o->uid);
}
