noinst_LIBRARIES += libjobs.a
libjobs_a_SOURCES = \
	src/jobs/checks.c src/jobs/job_request.c src/jobs/job_request.h \
	src/jobs/jobs.c src/jobs/jobs_int.h \
	src/jobs/meter.c src/jobs/meter.h src/jobs/opening.c \
	src/jobs/opening.h src/jobs/report.h src/jobs/retry.c \
	src/jobs/retry.h src/jobs/scope_check.c src/jobs/scope_check.h src/jobs/source_scope.c \
	src/jobs/source_scope.h \
	src/jobs/tell.c src/jobs/turns.c src/jobs/watch.c \
	src/jobs/backup/backup.c src/jobs/backup/backup_base.c src/jobs/backup/backup_tree_base.c src/jobs/backup/backup_tree_base.h src/jobs/backup/backup_end.c \
	src/jobs/backup/backup_base.h src/jobs/packs.c src/jobs/packs.h \
	src/jobs/backup/backup_int.h src/jobs/backup/backup_publish.c \
	src/jobs/backup/backup_programs.c src/jobs/backup/backup_programs.h \
	src/jobs/backup/backup_record.c src/jobs/backup/backup_request.c \
	src/jobs/backup/backup_result.c src/jobs/backup/backup_stream.c \
	src/jobs/backup/backup_stream.h src/jobs/backup/source_look.c \
	src/jobs/backup/source_look.h \
	src/jobs/drills/culprit.c src/jobs/drills/culprit.h \
	src/jobs/drills/drill.c src/jobs/drills/drill_end.c \
	src/jobs/drills/drill_int.h src/jobs/drills/drill_request.c \
	src/jobs/extract/extract.c src/jobs/extract/extract.h \
	src/jobs/extract/tally.c src/jobs/extract/tally.h \
	src/jobs/extract/transfer.c src/jobs/extract/transfer.h \
	src/jobs/instances/choice.c src/jobs/instances/choice.h \
	src/jobs/instances/create.c src/jobs/instances/create.h \
	src/jobs/instances/create_check.c src/jobs/instances/create_look.c \
	src/jobs/instances/create_look.h src/jobs/instances/create_request.c \
	src/jobs/instances/create_request.h src/jobs/instances/destroy.c \
	src/jobs/instances/files.c src/jobs/instances/files.h \
	src/jobs/instances/instance.c src/jobs/instances/instance.h \
	src/jobs/instances/provision.c src/jobs/instances/provision.h \
	src/jobs/instances/provision_answers.c \
	src/jobs/instances/provisioners.c \
	src/jobs/instances/reaper.c src/jobs/instances/reaper.h \
	src/jobs/monitor/monitor.c src/jobs/monitor/monitor.h \
	src/jobs/monitor/monitor_int.h \
	src/jobs/monitor/monitor_plans.c src/jobs/monitor/monitor_plans.h \
	src/jobs/monitor/monitor_pools.c src/jobs/monitor/monitor_round.c \
	src/jobs/monitor/monitor_sources.c \
	src/jobs/plans/expire.c src/jobs/plans/expire.h \
	src/jobs/plans/plan_run.c src/jobs/plans/plan_run.h \
	src/jobs/pools/adopt.c src/jobs/pools/adopt_end.c \
	src/jobs/pools/adopt_int.h src/jobs/pools/adopt_read.c \
	src/jobs/pools/claim.c src/jobs/pools/claim.h \
	src/jobs/pools/folder.c src/jobs/pools/folder.h \
	src/jobs/pools/adopt_record.c src/jobs/pools/leftovers.c \
	src/jobs/pools/leftovers.h src/jobs/pools/place.c \
	src/jobs/pools/place.h src/jobs/pools/pool_list.c \
	src/jobs/pools/pool_list.h src/jobs/pools/server_doc.c \
	src/jobs/pools/server_file.c src/jobs/pools/server_file.h \
	src/jobs/pools/server_gather.c src/jobs/pools/server_gather.h \
	src/jobs/pools/server_hide.c src/jobs/pools/server_hide.h \
	src/jobs/pools/takeover.c src/jobs/pools/takeover_import.c \
	src/jobs/pools/takeover_int.h src/jobs/pools/unread.c \
	src/jobs/pools/unread.h src/jobs/pools/upkeep.c \
	src/jobs/pools/upkeep.h \
	src/jobs/removal/delete.c src/jobs/removal/pack_release.c src/jobs/removal/pack_release.h \
	src/jobs/removal/removal.c \
	src/jobs/removal/removal.h src/jobs/removal/sweep.c \
	src/jobs/removal/sweep.h \
	src/jobs/restore/file_list.c src/jobs/restore/file_list.h \
	src/jobs/restore/nothing.c src/jobs/restore/nothing.h \
	src/jobs/restore/preflight_chain.c src/jobs/restore/preflight_tree.c \
	src/jobs/restore/preflight.c src/jobs/restore/preflight.h \
	src/jobs/restore/preflight_objects.c \
	src/jobs/restore/preflight_parts.h \
	src/jobs/restore/preflight_int.h src/jobs/restore/preflight_keys.c src/jobs/restore/preflight_load.c \
	src/jobs/restore/preflight_pick.c src/jobs/restore/preflight_through.c \
	src/jobs/restore/restore.c \
	src/jobs/restore/restore_check.c src/jobs/restore/restore_int.h \
	src/jobs/restore/restore_close.c \
	src/jobs/restore/restore_end.c src/jobs/restore/restore_end.h \
	src/jobs/restore/restore_request.c \
	src/jobs/restore/restore_stream.c src/jobs/restore/restore_stream.h \
	src/jobs/verify/contents.c src/jobs/verify/contents_list.c \
	src/jobs/verify/contents_list.h src/jobs/verify/contents_tree.c \
	src/jobs/verify/contents_tree.h src/jobs/verify/verify.c \
	src/jobs/verify/verify_end.c src/jobs/verify/verify_index.c \
	src/jobs/verify/verify_index.h src/jobs/verify/verify_int.h \
	src/jobs/verify/verify_parts.c src/jobs/verify/verify_parts.h \
	src/jobs/verify/verify_request.c \
	include/jobs/checks.h include/jobs/drills.h include/jobs/instances.h \
	include/jobs/jobs.h include/jobs/plans.h \
	include/jobs/pools.h
