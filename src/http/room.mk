noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	include/http/server.h \
	src/http/accept.c \
	src/http/accept.h \
	src/http/adopt.c \
	src/http/adopt.h \
	src/http/audit.c \
	src/http/audit.h \
	src/http/auth.c \
	src/http/auth.h \
	src/http/backup_form.c \
	src/http/backup_form.h \
	src/http/backups.c \
	src/http/backups_batch.c \
	src/http/backups_int.h \
	src/http/backups_write.c \
	src/http/body.c \
	src/http/body.h \
	src/http/console.c \
	src/http/csrf.c \
	src/http/csrf.h \
	src/http/drill.c \
	src/http/drill_form.c \
	src/http/drill_form.h \
	src/http/events.c \
	src/http/faults.c \
	src/http/faults.h \
	src/http/fields.c \
	src/http/fields.h \
	src/http/guard.c \
	src/http/guard.h \
	src/http/guard_int.h \
	src/http/handlers.h \
	src/http/idempotency.c \
	src/http/idempotency.h \
	src/http/jobs.c \
	src/http/list.c \
	src/http/list_int.h \
	src/http/listen.c \
	src/http/listen.h \
	src/http/login.c \
	src/http/merge.c \
	src/http/merge.h \
	src/http/metrics.c \
	src/http/openapi.h \
	src/http/passwords.c \
	src/http/passwords.h \
	src/http/peer.c \
	src/http/plan_form.c \
	src/http/plan_form.h \
	src/http/plans.c \
	src/http/plans_delete.c \
	src/http/plans_int.h \
	src/http/plans_runs.c \
	src/http/plans_write.c \
	src/http/pool_crypt.c \
	src/http/pool_crypt.h \
	src/http/pool_form.c \
	src/http/pool_form.h \
	src/http/pools.c \
	src/http/pools_delete.c \
	src/http/pools_int.h \
	src/http/pools_update.c \
	src/http/pools_write.c \
	src/http/problem.c \
	src/http/provisioners.c \
	src/http/problem.h \
	src/http/publish.c \
	src/http/publish.h \
	src/http/query.c \
	src/http/query.h \
	src/http/refs.c \
	src/http/refs.h \
	src/http/refuse.c \
	src/http/reply.c \
	src/http/reply.h \
	src/http/request.c \
	src/http/reply_int.h \
	src/http/request_int.h \
	src/http/restores.c \
	src/http/restores_write.c \
	src/http/routes.c \
	src/http/routes.h \
	src/http/server.c \
	src/http/server_int.h \
	src/http/sessions.c \
	src/http/sessions.h \
	src/http/show.c \
	src/http/show.h \
	src/http/show_plans.c \
	src/http/show_plans.h \
	src/http/show_report.c \
	src/http/show_runs.c \
	src/http/bucket_form.c \
	src/http/bucket_form.h \
	src/http/source_form.c \
	src/http/source_form.h \
	src/http/sources.c \
	src/http/sources_delete.c \
	src/http/sources_int.h \
	src/http/sources_update.c \
	src/http/sources_write.c \
	src/http/statistics.c \
	src/http/streams.c \
	src/http/streams.h \
	src/http/suit.c \
	src/http/suit.h \
	src/http/system.c \
	src/http/takeover.c \
	src/http/timer_form.c \
	src/http/timer_form.h \
	src/http/timers.c \
	src/http/tokens.c \
	src/http/update.c \
	src/http/update.h \
	src/http/verify.c \
	src/http/wire.c \
	src/http/wire.h
nodist_libhttp_a_SOURCES = src/http/openapi.c

EXTRA_DIST += src/http/openapi.json src/http/openapi.sh
CLEANFILES += src/http/openapi.c

src/http/openapi.c: src/http/openapi.json src/http/openapi.sh
	$(AM_V_GEN)$(MKDIR_P) src/http && \
	$(SHELL) $(srcdir)/src/http/openapi.sh \
		$(srcdir)/src/http/openapi.json >$@.tmp && mv $@.tmp $@
