/* metrics.c - /metrics, in the text format of Prometheus (version 0.0.4). */
#include "http/handlers.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/usage.h"
#include "http/request_int.h"
#include "http/server_int.h"
#include "jobs/jobs.h"
#include "loop/holds.h"
#include "pipeline/budget.h"

#define US_PER_SEC 1e6
#define NS_PER_SEC 1e9

static void head(struct text *t, const char *name, const char *type,
		 const char *help)
{
	text_printf(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct text *t, const char *name, const char *help,
		  double value)
{
	head(t, name, "gauge", help);
	text_printf(t, "%s %.15g\n", name, value);
}

static void labeled(struct text *t, const char *name, const char *label,
		    const char *value, uint64_t n)
{
	text_printf(t, "%s{%s=\"%s\"} %llu\n", name, label, value,
		    (unsigned long long)n);
}

/* The second number of proc(5)'s statm, in pages; 0 where there is none. */
static double resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long size, resident = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	(void)fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void add_requests(struct text *t, const struct http_server *s)
{
	static const char *const classes[STATUS_CLASSES] = {
		"", "1xx", "2xx", "3xx", "4xx", "5xx"};

	head(t, "coffer_http_requests_total", "counter",
	     "Requests answered, by class of status.");
	for (unsigned i = 2; i < STATUS_CLASSES; i++)
		labeled(t, "coffer_http_requests_total", "class", classes[i],
			s->answers[i]);
	gauge(t, "coffer_http_connections", "Open connections.",
	      guard_connections(s->guard));
}

static void add_usage(struct text *t, const struct catalog_usage *u)
{
	head(t, "coffer_backups", "gauge", "Backups, by status.");
	for (unsigned i = 0; i < BACKUP_STATUS_COUNT; i++)
		labeled(t, "coffer_backups", "status",
			backup_status_name((enum backup_status)i),
			u->backups[i]);
	gauge(t, "coffer_manual_backups", "Live manual backups.",
	      (double)u->manual_backups);
	gauge(t, "coffer_stored_bytes", "Bytes of completed backups.",
	      (double)u->stored_bytes);
	gauge(t, "coffer_sources", "Registered sources.", (double)u->sources);
	gauge(t, "coffer_pools", "Bound pools.", (double)u->pools);
}

static void add_jobs(struct text *t, const struct http_config *c)
{
	unsigned queued = 0, running = 0;

	jobs_load(c->jobs, &queued, &running);
	head(t, "coffer_jobs", "gauge", "Jobs that wait or run.");
	labeled(t, "coffer_jobs", "status", "queued", queued);
	labeled(t, "coffer_jobs", "status", "running", running);
}

/* Cumulative, as a histogram of Prometheus is. */
static void add_holds(struct text *t, const struct loop_holds *h)
{
	head(t, "coffer_loop_hold_seconds", "histogram",
	     "CPU time of the event loop's turns.");
	for (unsigned i = 0; i < LOOP_HOLD_BOUNDS; i++)
		text_printf(t,
			    "coffer_loop_hold_seconds_bucket{le=\"%g\"} %llu\n",
			    loop_hold_bound_us(i) / US_PER_SEC,
			    (unsigned long long)h->within[i]);
	text_printf(t, "coffer_loop_hold_seconds_bucket{le=\"+Inf\"} %llu\n",
		    (unsigned long long)h->turns);
	text_printf(t, "coffer_loop_hold_seconds_sum %.15g\n",
		    (double)h->sum_ns / NS_PER_SEC);
	text_printf(t, "coffer_loop_hold_seconds_count %llu\n",
		    (unsigned long long)h->turns);
	gauge(t, "coffer_loop_hold_max_seconds",
	      "CPU time of the event loop's longest turn.",
	      (double)h->longest_ns / NS_PER_SEC);
}

static void add_process(struct text *t, const struct http_server *s)
{
	const struct http_config *c = &s->config;

	gauge(t, "coffer_loop_lag_seconds",
	      "How late the event loop was for its last tick.",
	      (double)guard_lag_ms(s->guard) / 1000);
	add_holds(t, loop_holds(c->loop));
	gauge(t, "coffer_resident_bytes", "Resident memory.", resident_bytes());
	gauge(t, "coffer_buffer_limit_bytes",
	      "Bound on the memory of all buffers.",
	      c->budget ? (double)budget_total(c->budget) : 0);
	gauge(t, "coffer_start_time_seconds", "When the server started.",
	      (double)c->started_at / 1000);
	head(t, "coffer_info", "gauge", "The version that runs.");
	labeled(t, "coffer_info", "version", c->version, 1);
}

static void on_usage(void *arg, const struct catalog_usage *u,
		     const struct err *e)
{
	struct request *r = arg;
	struct reply_bytes b = {
		.type = "text/plain; version=0.0.4; charset=utf-8"};
	struct text t = {0};
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	add_requests(&t, r->server);
	add_jobs(&t, &r->server->config);
	add_usage(&t, u);
	add_process(&t, r->server);
	b.bytes = t.data;
	b.len = t.len;
	if (t.is_broken) {
		(void)err_nomem(&mine, "the metrics");
		request_fail(r, &mine);
	} else {
		request_reply_bytes(r, 200, &b);
	}
	text_free(&t);
}

void system_metrics(struct request *r)
{
	struct err e = {0};

	request_await_catalog(
		r, catalog_count(r->server->config.catalog, on_usage, r, &e),
		&e);
}
