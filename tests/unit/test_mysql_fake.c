/* test_mysql_fake.c - a server that says what a test wants. Protocol:
 * https://mariadb.com/kb/en/clientserver-protocol/ */
#include "test_mysql_fake.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/text.h"

enum { CONNS = 16, PACKET_MAX = 1 << 20, COM_QUIT = 1, COM_QUERY = 3 };

struct fake {
	pthread_t thread;
	pthread_mutex_t lock;
	int listener, stop[2];
	unsigned port;
	char greeting[64];
	const struct fake_answer *scripts[2];
	unsigned used[2][64]; /* how often each answer was given */
	struct text log;
	int conns[CONNS];
	unsigned char seq[CONNS];
	bool is_greeted[CONNS]; /* the login is over */
};

static void put(struct text *t, uint64_t n, int bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		text_char(t, (char)(n & 0xff));
}

static void put_string(struct text *t, const char *s, size_t len)
{
	assert(len < 251 || len < 65536);
	if (len < 251) {
		put(t, len, 1);
	} else {
		put(t, 0xfc, 1);
		put(t, len, 2);
	}
	text_add(t, s, len);
}

static void send_packet(struct fake *f, int i, const struct text *payload)
{
	struct text packet = {0};
	size_t at = 0;

	put(&packet, payload->len, 3);
	put(&packet, f->seq[i]++, 1);
	text_add(&packet, payload->data, payload->len);
	while (at < packet.len) {
		ssize_t n = send(f->conns[i], packet.data + at, packet.len - at,
				 MSG_NOSIGNAL);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	text_free(&packet);
}

static void send_ok(struct fake *f, int i, unsigned affected)
{
	struct text t = {0};

	put(&t, 0, 1);
	put(&t, affected, 1);
	put(&t, 0, 1);
	put(&t, 2, 2);
	put(&t, 0, 2);
	send_packet(f, i, &t);
	text_free(&t);
}

static void send_error(struct fake *f, int i, unsigned number, const char *text,
		       bool has_state)
{
	struct text t = {0};

	put(&t, 0xff, 1);
	put(&t, number, 2);
	if (has_state)
		text_str(&t, "#HY000");
	text_str(&t, text != NULL ? text : "as the test wants");
	send_packet(f, i, &t);
	text_free(&t);
}

static void send_eof(struct fake *f, int i, unsigned warnings)
{
	struct text t = {0};

	put(&t, 0xfe, 1);
	put(&t, warnings, 2);
	put(&t, 2, 2);
	send_packet(f, i, &t);
	text_free(&t);
}

static void send_column(struct fake *f, int i, const char *name, size_t len)
{
	struct text t = {0};

	put_string(&t, "def", 3);
	put_string(&t, "", 0);
	put_string(&t, "", 0);
	put_string(&t, "", 0);
	put_string(&t, name, len);
	put_string(&t, "", 0);
	put(&t, 0x0c, 1);
	put(&t, 63, 2);
	put(&t, 1024, 4);
	put(&t, 0xfd, 1);
	put(&t, 0, 2);
	put(&t, 0, 3);
	send_packet(f, i, &t);
	text_free(&t);
}

static unsigned send_columns(struct fake *f, int i, const char *names)
{
	struct text t = {0};
	unsigned n = 1;

	for (const char *s = names; *s != '\0'; s++)
		n += *s == ' ';
	put(&t, n, 1);
	send_packet(f, i, &t);
	text_free(&t);
	for (unsigned k = 0; k < n; k++) {
		size_t len = strcspn(names, " ");

		send_column(f, i, names, len);
		names += len + (names[len] != '\0');
	}
	send_eof(f, i, 0);
	return n;
}

static const char *send_row(struct fake *f, int i, const char *values,
			    unsigned ncolumns)
{
	struct text t = {0};

	for (unsigned k = 0; k < ncolumns; k++) {
		size_t len = strcspn(values, "|\n");

		if (len == 4 && strncmp(values, "NULL", 4) == 0)
			put(&t, 0xfb, 1);
		else
			put_string(&t, values, len);
		values += len + (values[len] != '\0');
	}
	send_packet(f, i, &t);
	text_free(&t);
	return values;
}

static void send_rows(struct fake *f, int i, const struct fake_answer *a)
{
	unsigned n = send_columns(f, i, a->names);
	const char *values = a->values != NULL ? a->values : "";

	while (*values != '\0')
		values = send_row(f, i, values, n);
	if (a->act == FAKE_ROWS)
		send_eof(f, i, a->warnings);
}

static void drop(struct fake *f, int i)
{
	(void)close(f->conns[i]);
	f->conns[i] = -1;
}

static const struct fake_answer *find(struct fake *f, const char *sql)
{
	for (int k = 0; k < 2; k++) {
		const struct fake_answer *a = f->scripts[k];

		for (size_t at = 0; a != NULL && a[at].begins != NULL; at++) {
			if (strncmp(sql, a[at].begins, strlen(a[at].begins)) !=
			    0)
				continue;
			if (a[at].times != 0 && f->used[k][at] >= a[at].times)
				continue;
			f->used[k][at]++;
			return &a[at];
		}
	}
	return NULL;
}

static void answer(struct fake *f, int i, const char *sql)
{
	const struct fake_answer *a;

	(void)pthread_mutex_lock(&f->lock);
	text_str(&f->log, sql);
	text_char(&f->log, '\n');
	a = find(f, sql);
	(void)pthread_mutex_unlock(&f->lock);
	if (a == NULL || a->act == FAKE_OK)
		send_ok(f, i, a != NULL ? a->affected : 0);
	else if (a->act == FAKE_ERROR)
		send_error(f, i, a->number, a->text, true);
	else if (a->act == FAKE_ROWS || a->act == FAKE_CUT_ROWS)
		send_rows(f, i, a);
	if (a != NULL && (a->act == FAKE_CUT || a->act == FAKE_CUT_ROWS))
		drop(f, i);
}

static bool receive(int fd, void *out, size_t len)
{
	return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

static void serve(struct fake *f, int i)
{
	unsigned char head[4];
	static unsigned char body[PACKET_MAX]; /* one thread */
	size_t len;

	if (!receive(f->conns[i], head, sizeof(head))) {
		drop(f, i);
		return;
	}
	len = (size_t)(head[0] | head[1] << 8 | head[2] << 16);
	if (len >= sizeof(body) || !receive(f->conns[i], body, len)) {
		drop(f, i);
		return;
	}
	body[len] = '\0';
	f->seq[i] = (unsigned char)(head[3] + 1);
	if (!f->is_greeted[i]) {
		f->is_greeted[i] = true;
		send_ok(f, i, 0);
	} else if (body[0] == COM_QUERY) {
		answer(f, i, (const char *)body + 1);
	} else {
		drop(f, i);
	}
}

static void greet(struct fake *f, int i)
{
	static const char scramble[] = "12345678"
				       "123456789012";
	struct text t = {0};

	f->seq[i] = 0;
	f->is_greeted[i] = false;
	if (f->greeting[0] == '!') {
		send_error(f, i, (unsigned)atoi(f->greeting + 1), NULL, false);
		drop(f, i);
		return;
	}
	if (f->greeting[0] == '\0')
		return;
	put(&t, 10, 1);
	text_add(&t, f->greeting, strlen(f->greeting) + 1);
	put(&t, 7, 4);
	text_add(&t, scramble, 8);
	put(&t, 0, 1);
	put(&t, 0xa205, 2);
	put(&t, 45, 1);
	put(&t, 2, 2);
	put(&t, 0x0018, 2);
	put(&t, 21, 1);
	put(&t, 0, 10 - 2);
	put(&t, 0, 2);
	text_add(&t, scramble + 8, 13);
	text_add(&t, "mysql_native_password", 22);
	send_packet(f, i, &t);
	text_free(&t);
}

static void take(struct fake *f)
{
	int fd = accept(f->listener, NULL, NULL), on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (int i = 0; fd >= 0 && i < CONNS; i++)
		if (f->conns[i] < 0) {
			f->conns[i] = fd;
			greet(f, i);
			return;
		}
}

static void *run(void *arg)
{
	struct fake *f = arg;

	for (;;) {
		struct pollfd p[CONNS + 2] = {
			{.fd = f->stop[0], .events = POLLIN},
			{.fd = f->listener, .events = POLLIN}};

		for (int i = 0; i < CONNS; i++)
			p[i + 2] = (struct pollfd){.fd = f->conns[i],
						   .events = POLLIN};
		if (poll(p, CONNS + 2, -1) < 0 || p[0].revents != 0)
			return NULL;
		for (int i = 0; i < CONNS; i++)
			if (p[i + 2].fd >= 0 && p[i + 2].revents != 0)
				serve(f, i);
		if (p[1].revents != 0)
			take(f);
	}
}

struct fake *fake_start(const char *greeting, const struct fake_answer *first,
			const struct fake_answer *second)
{
	struct fake *f = calloc(1, sizeof(*f));
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)snprintf(f->greeting, sizeof(f->greeting), "%s",
		       greeting != NULL ? greeting : "10.11.6-MariaDB");
	f->scripts[0] = first;
	f->scripts[1] = second;
	text_str(&f->log, "");
	for (int i = 0; i < CONNS; i++)
		f->conns[i] = -1;
	(void)pthread_mutex_init(&f->lock, NULL);
	f->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(f->listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(f->listener, CONNS) != 0 ||
	    getsockname(f->listener, (struct sockaddr *)&a, &len) != 0 ||
	    pipe(f->stop) != 0 || pthread_create(&f->thread, NULL, run, f) != 0)
		abort();
	f->port = ntohs(a.sin_port);
	return f;
}

unsigned fake_port(const struct fake *f)
{
	return f->port;
}

unsigned fake_count(struct fake *f, const char *begins)
{
	unsigned n = 0;
	const char *line = fake_log(f);

	while (*line != '\0') {
		n += strncmp(line, begins, strlen(begins)) == 0;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return n;
}

const char *fake_log(struct fake *f)
{
	const char *log;

	(void)pthread_mutex_lock(&f->lock);
	log = f->log.data;
	(void)pthread_mutex_unlock(&f->lock);
	return log;
}

void fake_stop(struct fake *f)
{
	(void)close(f->stop[1]);
	(void)pthread_join(f->thread, NULL);
	for (int i = 0; i < CONNS; i++)
		if (f->conns[i] >= 0)
			(void)close(f->conns[i]);
	(void)close(f->listener);
	(void)close(f->stop[0]);
	(void)pthread_mutex_destroy(&f->lock);
	text_free(&f->log);
	free(f);
}

#define VARIABLES "v log ro case packet mode cs coll zone szone"

static const struct fake_answer shop[] = {
	FAKE_SAYS("SELECT @@version", VARIABLES,
		  "10.11.6-MariaDB-log|1|0|0|16777216|STRICT_TRANS_TABLES|"
		  "utf8mb4|utf8mb4_general_ci|SYSTEM|UTC"),
	FAKE_SAYS("SELECT @@thread_pool_size", "n", "4"),
	FAKE_SAYS("SHOW ALL SLAVES", "Host", NULL),
	FAKE_SAYS("SHOW GRANTS", "Grants",
		  "GRANT ALL PRIVILEGES ON *.* TO `root`@`%`"),
	FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO", NULL),
	FAKE_SAYS("SELECT SCHEMA_NAME", "n cs coll comment",
		  "mysql|utf8mb3|utf8mb3_general_ci|\n"
		  "shop|utf8mb4|utf8mb4_general_ci|"),
	FAKE_SAYS("SHOW FULL TABLES FROM `shop`", "n t",
		  "orders|BASE TABLE\nitems|BASE TABLE\nv|VIEW\n"
		  "s|SEQUENCE"),
	FAKE_SAYS("SHOW TABLES FROM `shop`", "n", "orders\nitems"),
	FAKE_SAYS("SHOW CREATE SEQUENCE", "n c",
		  "s|CREATE SEQUENCE `s` start with 1"),
	FAKE_SAYS("SELECT next_not_cached", "a b", "1001|0"),
	FAKE_SAYS("SHOW CREATE TABLE `orders`", "n c",
		  "orders|CREATE TABLE `orders` (`a` int)"),
	FAKE_SAYS("SHOW CREATE TABLE `items`", "n c",
		  "items|CREATE TABLE `items` (`b` text)"),
	FAKE_SAYS("SHOW MASTER STATUS",
		  "File Position Binlog_Do_DB Binlog_Ignore_DB",
		  "bin.000007|4711||"),
	FAKE_SAYS("SHOW GLOBAL VARIABLES", "n v",
		  "log_slave_updates|OFF\nwsrep_on|OFF"),
	FAKE_SAYS("SHOW STATUS LIKE", "n v",
		  "Binlog_snapshot_file|bin.000007\n"
		  "Binlog_snapshot_position|4711"),
	FAKE_SAYS("SELECT BINLOG_GTID_POS", "g", "0-1-99"),
	FAKE_SAYS("SHOW COLUMNS FROM `shop`.`orders`",
		  "Field Type Null Key Default Extra",
		  "a|int(11)|YES||NULL|\nf|float|YES||NULL|\n"
		  "g|int(11)|YES||NULL|VIRTUAL GENERATED"),
	FAKE_SAYS("SHOW COLUMNS FROM `shop`.`items`",
		  "Field Type Null Key Default Extra", "b|text|YES||NULL|"),
	FAKE_SAYS("SELECT COLUMN_NAME AS `Field`",
		  "Field Type Key Extra Period Kind",
		  "a|int(11)||||BASE TABLE\nf|float||||BASE TABLE\n"
		  "g|int(11)||VIRTUAL GENERATED|a + 1|BASE TABLE"),
	FAKE_SAYS("SELECT `a`,`f`-0e0 FROM `shop`.`orders`", "a f",
		  "1|0.5\n2|NULL\n3|1e10"),
	FAKE_SAYS("SELECT `b` FROM `shop`.`items`", "b", "it's\nNULL"),
	FAKE_SAYS("SELECT ROUTINE_SCHEMA", "s n t",
		  "mysql|x|FUNCTION\nshop|f|FUNCTION"),
	FAKE_SAYS("SHOW TRIGGERS FROM `shop`", "Trigger Event Table",
		  "t|INSERT|orders"),
	FAKE_SAYS("SELECT EVENT_SCHEMA", "s n", "shop|e"),
	FAKE_SAYS("SHOW CREATE VIEW", "v c cs coll",
		  "v|CREATE ALGORITHM=UNDEFINED VIEW `v` AS select 1|utf8mb4|"
		  "utf8mb4_general_ci"),
	FAKE_SAYS("SHOW CREATE FUNCTION", "f mode c cs coll db",
		  "f||CREATE FUNCTION `f`() returns int return 1|utf8mb4|"
		  "utf8mb4_general_ci|latin1_swedish_ci"),
	FAKE_SAYS("SHOW CREATE TRIGGER", "t mode c cs coll db",
		  "t||CREATE TRIGGER `t` BEFORE INSERT ON `orders` FOR EACH "
		  "ROW set @x=1|utf8mb4|utf8mb4_general_ci|"
		  "utf8mb4_general_ci"),
	FAKE_SAYS("SHOW CREATE EVENT", "e mode zone c cs coll db",
		  "e||SYSTEM|CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO "
		  "select 1|utf8mb4|utf8mb4_general_ci|utf8mb4_general_ci"),
	FAKE_END,
};

const struct fake_answer *fake_shop(void)
{
	return shop;
}
