/*
 * Torture: of each request the n-th allocation on the loop is refused, for all
 * n. The request may fail or lose its connection; the server goes on, and
 * nothing leaks (the sanitizers look).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "effort.h"
#include "http_client.h"
#include "jobs/checks.h"
#include "scarce_memory.h"

enum { REQUEST_ALLOCATIONS_MAX = 4000, VALGRIND_STEP = 7 };

/* Counts down to the one that is refused; 0: none is. */
static unsigned long countdown;
static bool is_armed; /* within a turn of the loop */
static pthread_t loop_thread;

bool scarce_memory_refuses(void)
{
	if (!is_armed || countdown == 0 ||
	    !pthread_equal(loop_thread, pthread_self()))
		return false;
	return --countdown == 0;
}

void __real_house_turn(struct house *h);
void __wrap_house_turn(struct house *h);

/* The server runs within turns alone, the client outside of them. */
void __wrap_house_turn(struct house *h)
{
	is_armed = true;
	__real_house_turn(h);
	is_armed = false;
}

/* The fake engine behind these two takes no failures. */
struct jobs_op *__real_jobs_check_source(struct jobs *j,
					 const struct source_record *r,
					 source_probe_cb *done, void *arg,
					 struct err *e);
struct jobs_op *__real_jobs_list_names(struct jobs *j,
				       const struct source_record *r,
				       const struct source_names_query *q,
				       source_names_cb *done, void *arg,
				       struct err *e);
struct jobs_op *__wrap_jobs_check_source(struct jobs *j,
					 const struct source_record *r,
					 source_probe_cb *done, void *arg,
					 struct err *e);
struct jobs_op *__wrap_jobs_list_names(struct jobs *j,
				       const struct source_record *r,
				       const struct source_names_query *q,
				       source_names_cb *done, void *arg,
				       struct err *e);

struct jobs_op *__wrap_jobs_check_source(struct jobs *j,
					 const struct source_record *r,
					 source_probe_cb *done, void *arg,
					 struct err *e)
{
	struct jobs_op *op;

	is_armed = false;
	op = __real_jobs_check_source(j, r, done, arg, e);
	is_armed = true;
	return op;
}

struct jobs_op *__wrap_jobs_list_names(struct jobs *j,
				       const struct source_record *r,
				       const struct source_names_query *q,
				       source_names_cb *done, void *arg,
				       struct err *e)
{
	struct jobs_op *op;

	is_armed = false;
	op = __real_jobs_list_names(j, r, q, done, arg, e);
	is_armed = true;
	return op;
}

#define PLAN                                                                   \
	"{\"name\":\"p1\",\"source\":\"db1\",\"pool\":\"local\","              \
	"\"strategy\":\"timer\",\"timer\":{\"cycle\":\"weekly\",\"at\":"       \
	"\"02:30\",\"weekdays\":[\"mon\"]},\"options\":{\"parallelism\":2},"   \
	"\"scope\":{\"include\":[\"a.*\"]}}"

static const struct shop_request requests[] = {
	{.method = "GET", .path = "/healthz"},
	{.method = "GET", .path = "/v1/nowhere", .role = ROLE_ADMIN},
	{.method = "GET",
	 .path = "/v1/sources?q=d&limit=5",
	 .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/sources/db%31", .role = ROLE_ADMIN},
	{.method = "GET",
	 .path = "/v1/sources/db1/databases",
	 .role = ROLE_ADMIN},
	{.method = "POST", .path = "/v1/sources/db1/test", .role = ROLE_ADMIN},
	{.method = "PATCH",
	 .path = "/v1/sources/db1",
	 .body = "{\"remarks\":\"r\",\"connection\":{\"user\":\"u\","
		 "\"tls\":\"required\"}}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/sources",
	 .body = "{\"name\":\"1\",\"x\":1}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/pools?a=b",
	 .body = "{\"name\":\"p\"}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/backups",
	 .body = "{\"source\":\"db1\",\"pool\":\"none\",\"name\":\"abcd\","
		 "\"options\":{\"parallelism\":2}}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/backups/batch-delete",
	 .body = "{\"ids\":[\"a\",\"b\"]}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/restores",
	 .body = "{\"backup\":\"b\",\"target\":{\"source\":\"db1\"}}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/restores/check",
	 .body = "{\"backup\":\"b\",\"target\":{\"source\":\"db1\"}}",
	 .role = ROLE_ADMIN},
	{.method = "GET",
	 .path = "/v1/plans?status=active&sort=next_run",
	 .role = ROLE_ADMIN},
	{.method = "PATCH",
	 .path = "/v1/plans/p1?dry_run=true",
	 .body = "{\"timer\":{\"cycle\":\"hourly\",\"at\":\"00:15\"},"
		 "\"options\":{\"parallelism\":null},\"scope\":null}",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/plans",
	 .body = "{\"name\":\"p1\",\"source\":\"db1\",\"pool\":\"none\","
		 "\"strategy\":\"timer\",\"timer\":{\"cycle\":\"daily\","
		 "\"at\":\"02:30\"},\"options\":{\"strict\":true}}",
	 .role = ROLE_ADMIN},
	{.method = "DELETE",
	 .path = "/v1/plans/p1?dry_run=true&delete_backups=true",
	 .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/plans/p1/expiry", .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/plans/p1/runs", .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/plans/p1/backups", .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/plans/none/execute",
	 .body = "{\"description\":\"by hand\"}",
	 .role = ROLE_ADMIN},
	{.method = "DELETE",
	 .path = "/v1/pools/local?dry_run=true",
	 .role = ROLE_ADMIN},
	{.method = "DELETE",
	 .path = "/v1/sources/db1?dry_run=true",
	 .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/timers/preview",
	 .body = "{\"timer\":{\"cycle\":\"daily\",\"at\":\"02:30\","
		 "\"timezone\":\"Europe/Berlin\"}}",
	 .role = ROLE_READ},
	{.method = "GET", .path = "/v1/jobs/job_x?wait=1", .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/tokens?sort=name", .role = ROLE_ADMIN},
	{.method = "POST",
	 .path = "/v1/tokens",
	 .body = "{\"name\":\"admin\",\"role\":\"read\"}",
	 .role = ROLE_ADMIN},
	{.method = "DELETE", .path = "/v1/tokens/none", .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/events?limit=3", .role = ROLE_READ},
	/* A reply that was kept. */
	{.method = "POST",
	 .path = "/v1/plans/none/execute",
	 .headers = "Idempotency-Key: again\r\n",
	 .role = ROLE_ADMIN},
	{.method = "GET", .path = "/v1/system", .role = ROLE_ADMIN},
	{.method = "GET", .path = "/metrics", .role = ROLE_ADMIN},
	{.method = "BREW", .path = "/healthz"},
};

/* 400: within a string, jansson calls it a wrong token. */
static bool is_expected(const struct shop *s, int status, int good)
{
	return status == good || status == 0 || status == 500 ||
	       status == 503 ||
	       (status == 400 &&
		strcmp(shop_text(s, "code"), "malformed") == 0);
}

/* All of its allocations from that one on, one after the other. */
static void torture(struct shop *s, const struct shop_request *q,
		    unsigned long first)
{
	int good = shop_ask(s, q), status;

	for (unsigned long n = first; n < REQUEST_ALLOCATIONS_MAX;
	     n += effort(1, VALGRIND_STEP)) {
		countdown = n;
		status = shop_ask(s, q);
		if (countdown > 0) {
			countdown = 0;
			return;
		}
		if (!is_expected(s, status, good))
			fail_msg("%s %s: %d instead of %d, at %lu", q->method,
				 q->path, status, good, n);
		assert_int_equal(shop_call(s, "GET", "/healthz", NULL), 200);
	}
	fail_msg("%s %s takes more allocations", q->method, q->path);
}

static void test_every_allocation(void **state)
{
	struct shop *s = *state;

	/* The first one is of the connection, whatever is asked: then none is
	 * accepted for a second. Once is enough. */
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		torture(s, &requests[i], i == 0 ? 1 : 2);
}

/* Each with a key of its own, so that each is the first. */
static void test_first_of_its_key(void **state)
{
	struct shop *s = *state;
	char header[64];
	struct shop_request q = {.method = "POST",
				 .path = "/v1/plans/none/execute",
				 .headers = header,
				 .role = ROLE_ADMIN};

	for (unsigned long n = 1; n < REQUEST_ALLOCATIONS_MAX;
	     n += effort(1, VALGRIND_STEP)) {
		int status;

		(void)snprintf(header, sizeof(header),
			       "Idempotency-Key: key-%lu\r\n", n);
		countdown = n;
		status = shop_ask(s, &q);
		if (countdown > 0) {
			countdown = 0;
			return;
		}
		if (!is_expected(s, status, 404))
			fail_msg("%d at %lu", status, n);
	}
	fail_msg("more allocations");
}

static int setup(void **state)
{
	loop_thread = pthread_self();
	json_set_alloc_funcs(__wrap_malloc, free);
	*state = shop_open(NULL);
	assert_int_equal(shop_call(*state, "POST", "/v1/plans", PLAN), 201);
	return 0;
}

static int teardown(void **state)
{
	shop_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation),
		cmocka_unit_test(test_first_of_its_key),
	};

	return scarce_memory_verdict(
		cmocka_run_group_tests(tests, setup, teardown));
}
