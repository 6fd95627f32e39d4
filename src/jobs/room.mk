noinst_LIBRARIES += libjobs.a
libjobs_a_SOURCES = src/jobs/adopt.c src/jobs/adopt_record.c \
	src/jobs/adopt_int.h src/jobs/place.c src/jobs/place.h \
	src/jobs/takeover.c src/jobs/takeover_import.c \
	src/jobs/takeover_int.h src/jobs/upkeep.c src/jobs/upkeep.h \
	src/jobs/monitor.c src/jobs/monitor.h src/jobs/monitor_int.h \
	src/jobs/monitor_round.c src/jobs/monitor_pools.c \
	src/jobs/monitor_folder.c src/jobs/monitor_sources.c src/jobs/leftovers.c \
	src/jobs/leftovers.h src/jobs/server_doc.c \
	src/jobs/server_file.c src/jobs/server_file.h \
	src/jobs/server_hide.c src/jobs/server_hide.h \
	src/jobs/jobs.c src/jobs/turns.c src/jobs/watch.c src/jobs/retry.c \
	src/jobs/tell.c \
	src/jobs/opening.c src/jobs/removal.c \
	src/jobs/plan_run.c src/jobs/plan_run.h \
	src/jobs/expire.c src/jobs/expire.h \
	src/jobs/sweep.c src/jobs/delete.c src/jobs/meter.c \
	src/jobs/backup.c src/jobs/backup_publish.c src/jobs/backup_end.c src/jobs/backup_stream.c \
	src/jobs/backup_stream.h \
	src/jobs/backup_result.c src/jobs/backup_request.c \
	src/jobs/backup_record.c src/jobs/contents_list.c \
	src/jobs/scope_check.c src/jobs/scope_check.h \
	src/jobs/source_look.c src/jobs/source_look.h \
	src/jobs/preflight.c src/jobs/preflight_load.c \
	src/jobs/preflight_pick.c src/jobs/preflight_int.h \
	src/jobs/restore_stream.c src/jobs/restore_stream.h \
	src/jobs/restore.c src/jobs/restore_request.c \
	src/jobs/restore_check.c \
	src/jobs/checks.c src/jobs/contents.c \
	src/jobs/verify.c src/jobs/verify_end.c src/jobs/verify_request.c \
	src/jobs/verify_index.c src/jobs/verify_index.h \
	src/jobs/verify_parts.c src/jobs/verify_parts.h \
	src/jobs/verify_int.h \
	src/jobs/jobs_int.h src/jobs/opening.h src/jobs/removal.h \
	src/jobs/retry.h src/jobs/contents_list.h \
	src/jobs/sweep.h src/jobs/meter.h src/jobs/report.h \
	src/jobs/backup_int.h src/jobs/preflight.h src/jobs/restore_int.h \
	include/jobs/jobs.h include/jobs/checks.h \
	include/jobs/plans.h include/jobs/pools.h
