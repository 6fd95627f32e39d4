/* session.c - settings of cofferctl: flags, then the environment, then what is
 * built in. */
#include "ctl/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/secret.h"
#include "ctl/client.h"
#include "base/private_file.h"

enum { TOKEN_MAX = 4096 };

static const struct option_spec global[] = {
	{"socket", 0, "PATH", "unix socket of the server"},
	{"server", 0, "URL", "a server, http://HOST:PORT or https://HOST"},
	{"token-file", 0, "FILE", "the token for it"},
	{"ca-file", 0, "FILE", "what its certificate is checked by"},
	{"json", 0, NULL, "answers as JSON"},
	{"help", 'h', NULL, "what the command does"},
	{"version", 0, NULL, "the version"},
	{NULL, 0, NULL, NULL},
};

const struct option_spec *session_options(void)
{
	return global;
}

/* The flag, else the variable, else NULL. An empty one is none. */
static const char *setting(const struct arguments *a, const char *flag,
			   const char *variable)
{
	const char *value = arguments_get(a, flag);

	if (value == NULL)
		value = getenv(variable);
	return value != NULL && *value != '\0' ? value : NULL;
}

/* As cofferd takes its own when it is not told. */
static char *default_socket(void)
{
	const char *home = getenv("HOME"), *folder = getenv("COFFER_DATA_DIR");
	struct text t = {0};

	if (folder != NULL && *folder != '\0')
		text_str(&t, folder);
	else if (geteuid() == 0 || home == NULL)
		text_str(&t, "/var/lib/coffer");
	else
		text_printf(&t, "%s/.local/share/coffer", home);
	text_str(&t, "/cofferd.sock");
	return text_take(&t);
}

/* The first line, without its end. */
static char *read_token(const char *path, struct err *e)
{
	size_t len;
	char *token = private_file_read(path, TOKEN_MAX, &len, e);

	if (token == NULL)
		return NULL;
	token[strcspn(token, "\r\n")] = '\0';
	if (*token != '\0')
		return token;
	secret_free(token);
	(void)err_set(e, ERR_INVALID, "usage", "%.200s holds no token", path);
	return NULL;
}

/* A flag says more than a variable, whichever of the two it is. */
static void choose_way(const struct arguments *a, struct client_config *c)
{
	c->server = arguments_get(a, "server");
	c->socket = arguments_get(a, "socket");
	if (c->server != NULL || c->socket != NULL)
		return;
	c->server = setting(a, "server", "COFFER_SERVER");
	c->socket = setting(a, "socket", "COFFER_SOCKET");
	if (c->server != NULL)
		c->socket = NULL;
}

static bool connect_to(struct session *s, const struct arguments *a,
		       struct err *e)
{
	const char *path = setting(a, "token-file", "COFFER_TOKEN_FILE");
	char *token = NULL, *socket = NULL;
	struct client_config c = {0};

	choose_way(a, &c);
	if (c.server != NULL && c.socket != NULL)
		return err_set(e, ERR_INVALID, "usage",
			       "--server or --socket, not both");
	c.ca_file = setting(a, "ca-file", "COFFER_CA_FILE");
	if (path != NULL) {
		token = read_token(path, e);
		if (token == NULL)
			return false;
	}
	c.token = token;
	if (c.server == NULL && c.socket == NULL)
		c.socket = socket = default_socket();
	if (c.server != NULL || c.socket != NULL)
		s->client = client_new(&c, e);
	else
		(void)err_nomem(e, "a path");
	secret_free(token);
	free(socket);
	return s->client != NULL;
}

static size_t terminal_width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 80;
}

bool session_init(struct session *s, const struct arguments *a, bool is_local,
		  struct err *e)
{
	const char *term = getenv("TERM"), *none = getenv("NO_COLOR");

	s->is_json = arguments_get(a, "json") != NULL;
	s->is_terminal = isatty(STDOUT_FILENO) == 1;
	s->width = s->is_terminal ? terminal_width() : 0;
	s->has_colour = s->is_terminal && (none == NULL || *none == '\0') &&
			(term == NULL || strcmp(term, "dumb") != 0);
	return is_local || connect_to(s, a, e);
}

void session_fini(struct session *s)
{
	client_free(s->client);
	s->client = NULL;
}
