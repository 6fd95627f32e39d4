/*
 * test_redis_tls.c - connections over TLS, to a thread that answers every
 * command that ends with "END" with a long string.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "sources/redis/conn.h"

enum { ANSWER = 300000, COMMAND = 2000000, CHUNK = 16384 };

struct server {
	pthread_t thread;
	int listener;
	unsigned port;
	SSL_CTX *context;
	char ca_file[64]; /* its own certificate */
};

struct rig {
	struct loop *loop;
	struct source_env env;
	struct source_address address;
	struct redis_conn *conn;
	struct err err;
	size_t answer;
};

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(
		NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	(void)X509_set_version(x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					 (const unsigned char *)"redis", -1, -1,
					 0);
	(void)X509_set_issuer_name(x, name);
	(void)X509_set_pubkey(x, key);
	(void)X509_add_ext(x, ext, -1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(ext);
	return x;
}

static void make_context(struct server *s)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = make_certificate(key);
	FILE *f;

	s->context = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(s->context, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(s->context, key), 1);
	(void)snprintf(s->ca_file, sizeof(s->ca_file),
		       "/tmp/test_redis_tls_XXXXXX");
	f = fdopen(mkstemp(s->ca_file), "w");
	assert_int_equal(PEM_write_X509(f, x), 1);
	(void)fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* Until the client leaves. */
static void talk(SSL *tls)
{
	static char answer[ANSWER + 32], chunk[CHUNK]; /* one thread */
	int len = snprintf(answer, sizeof(answer), "$%d\r\n", ANSWER);
	int n;

	memset(answer + len, 'x', ANSWER);
	memcpy(answer + len + ANSWER, "\r\n", 2);
	while ((n = SSL_read(tls, chunk, sizeof(chunk))) > 0)
		if (n >= 5 && memcmp(chunk + n - 5, "END\r\n", 5) == 0)
			(void)SSL_write(tls, answer, len + ANSWER + 2);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
		SSL *tls = SSL_new(s->context);

		(void)SSL_set_fd(tls, fd);
		if (SSL_accept(tls) == 1)
			talk(tls);
		SSL_free(tls);
		(void)close(fd);
	}
	return NULL;
}

static int server_start(void **state)
{
	static struct server s;
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	make_context(&s);
	s.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s.listener, (const void *)&in, sizeof(in)) != 0 ||
	    listen(s.listener, 8) != 0 ||
	    getsockname(s.listener, (void *)&in, &len) != 0)
		return -1;
	s.port = ntohs(in.sin_port);
	*state = &s;
	return pthread_create(&s.thread, NULL, serve, &s);
}

static int server_stop(void **state)
{
	struct server *s = *state;

	(void)shutdown(s->listener, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->listener);
	(void)unlink(s->ca_file);
	SSL_CTX_free(s->context);
	return 0;
}

static void send_large(struct rig *r)
{
	static char bytes[COMMAND];

	memset(bytes, 'y', sizeof(bytes));
	memcpy(bytes + sizeof(bytes) - 3, "END", 3);
	assert_true(redis_conn_begin(r->conn, 1, &r->err));
	assert_true(redis_conn_argument(r->conn, sizeof(bytes), &r->err));
	assert_true(redis_conn_bytes(r->conn, bytes, sizeof(bytes), &r->err));
	assert_true(redis_conn_argument_end(r->conn, &r->err));
}

static void on_open(void *arg, const struct err *e)
{
	struct rig *r = arg;

	if (e == NULL) {
		send_large(r);
		return;
	}
	r->err = *e;
	loop_stop(r->loop);
}

static void on_reply(void *arg, const struct redisReply *reply)
{
	struct rig *r = arg;

	r->answer = reply->len;
	loop_stop(r->loop);
}

static void on_lost(void *arg, const struct err *e)
{
	struct rig *r = arg;

	r->err = *e;
	loop_stop(r->loop);
}

static void run(struct rig *r, const struct server *s, enum source_tls tls,
		const char *host, const char *ca_file)
{
	const struct redis_conn_events events = {on_open, on_reply, on_lost,
						 NULL};
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->address.host = host;
	r->address.port = s->port;
	r->address.tls = tls;
	r->address.ca_file = ca_file;
	r->conn = redis_conn_new(&r->env, &r->address, &events, r, &e);
	assert_non_null(r->conn);
	loop_run(r->loop);
	redis_conn_free(r->conn);
	workers_free(r->env.blocking);
	loop_free(r->loop);
}

static void expect_talk(const struct rig *r)
{
	if (r->err.code != ERR_NONE)
		print_message("%s\n", r->err.msg);
	assert_int_equal(r->err.code, ERR_NONE);
	assert_int_equal(r->answer, ANSWER);
}

static void expect_refusal(const struct rig *r, const char *words)
{
	assert_int_equal(r->err.code, ERR_CONNECT);
	assert_string_equal(r->err.api, "connection_failed");
	if (strstr(r->err.msg, words) == NULL)
		print_message("%s\n", r->err.msg);
	assert_non_null(strstr(r->err.msg, words));
	assert_int_equal(r->answer, 0);
}

static void test_required(void **state)
{
	struct rig r;

	run(&r, *state, TLS_REQUIRED, "127.0.0.1", NULL);
	expect_talk(&r);
}

static void test_preferred(void **state)
{
	struct rig r;

	run(&r, *state, TLS_PREFERRED, "127.0.0.1", NULL);
	expect_talk(&r);
}

static void test_verified(void **state)
{
	const struct server *s = *state;
	struct rig r;

	run(&r, s, TLS_VERIFY, "127.0.0.1", s->ca_file);
	expect_talk(&r);
}

static void test_verified_of_another_name(void **state)
{
	const struct server *s = *state;
	struct rig r;

	run(&r, s, TLS_VERIFY, "localhost", s->ca_file);
	expect_refusal(&r, "ostname mismatch");
}

static void test_verified_by_nobody(void **state)
{
	struct rig r;

	/* The system's certificates take valgrind longer to read than a
	 * connection may take to come to be. */
	assert_int_equal(setenv("SSL_CERT_FILE", "/dev/null", 1), 0);
	assert_int_equal(setenv("SSL_CERT_DIR", "/nowhere", 1), 0);
	run(&r, *state, TLS_VERIFY, "127.0.0.1", NULL);
	expect_refusal(&r, "self-signed");
}

static void test_disabled(void **state)
{
	struct rig r;

	run(&r, *state, TLS_DISABLED, "127.0.0.1", NULL);
	expect_refusal(&r, "does the port speak TLS?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_preferred),
		cmocka_unit_test(test_verified),
		cmocka_unit_test(test_verified_of_another_name),
		cmocka_unit_test(test_verified_by_nobody),
		cmocka_unit_test(test_disabled),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
