# Unit tests of the room sources.
check_PROGRAMS += tests/unit/test_sources_fit tests/unit/test_files_facts \
	tests/unit/test_files_pack tests/unit/test_files_pax \
	tests/unit/test_objects_dump tests/unit/test_objects_facts \
	tests/unit/test_objects_past tests/unit/test_files_merge
tests_unit_test_objects_past_SOURCES = tests/unit/test_objects_past.c
tests_unit_test_objects_past_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_files_pack_SOURCES = tests/unit/test_files_pack.c
tests_unit_test_files_pack_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_files_merge_SOURCES = tests/unit/test_files_merge.c
tests_unit_test_files_merge_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_now_ms
tests_unit_test_files_merge_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_files_pax_SOURCES = tests/unit/test_files_pax.c
tests_unit_test_files_pax_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_objects_dump_SOURCES = tests/unit/test_objects_dump.c \
	tests/fakes/fake_s3.c tests/fakes/fake_s3.h
tests_unit_test_objects_dump_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_objects_facts_SOURCES = tests/unit/test_objects_facts.c
tests_unit_test_objects_facts_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_sources_fit_SOURCES = tests/unit/test_sources_fit.c
tests_unit_test_sources_fit_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_files_facts_SOURCES = tests/unit/test_files_facts.c
tests_unit_test_files_facts_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)

if WITH_MYSQL
check_PROGRAMS += tests/unit/test_mysql_account tests/unit/test_mysql_column tests/unit/test_mysql_plain tests/unit/test_mysql_conn \
	tests/unit/test_mysql_dump tests/unit/test_mysql_dump_guard \
	tests/unit/test_mysql_dump_lanes tests/unit/test_mysql_pattern \
	tests/unit/test_mysql_clone \
	tests/unit/test_mysql_snapshot tests/unit/test_mysql_proof \
	tests/unit/test_mysql_fault \
	tests/unit/test_mysql_grants tests/unit/test_mysql_load \
	tests/unit/test_mysql_load_sink tests/unit/test_mysql_pieces \
	tests/unit/test_mysql_load_check tests/unit/test_mysql_leave \
	tests/unit/test_mysql_redo tests/unit/test_mysql_definer \
	tests/unit/test_mysql_objects \
	tests/unit/test_mysql_order tests/unit/test_mysql_out \
	tests/unit/test_mysql_physical \
	tests/unit/test_mysql_quote tests/unit/test_mysql_ranges \
	tests/unit/test_mysql_rename \
	tests/unit/test_mysql_rows tests/unit/test_mysql_split

tests_unit_test_mysql_account_SOURCES = tests/unit/test_mysql_account.c
tests_unit_test_mysql_account_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_physical_SOURCES = tests/unit/test_mysql_physical.c
tests_unit_test_mysql_physical_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_plain_SOURCES = tests/unit/test_mysql_plain.c
tests_unit_test_mysql_plain_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_column_SOURCES = tests/unit/test_mysql_column.c
tests_unit_test_mysql_column_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_conn_SOURCES = tests/unit/test_mysql_conn.c \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_conn_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_dump_SOURCES = tests/unit/test_mysql_dump.c \
	tests/unit/test_mysql_dump_rig.c tests/unit/test_mysql_dump_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_dump_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_dump_guard_SOURCES = \
	tests/unit/test_mysql_dump_guard.c \
	tests/unit/test_mysql_dump_rig.c tests/unit/test_mysql_dump_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_dump_guard_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_proof_SOURCES = tests/unit/test_mysql_proof.c \
	tests/unit/test_mysql_tar.c tests/unit/test_mysql_tar.h
tests_unit_test_mysql_proof_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_clone_SOURCES = tests/unit/test_mysql_clone.c \
	tests/unit/test_mysql_dump_rig.c tests/unit/test_mysql_dump_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h \
	tests/unit/test_mysql_tar.c tests/unit/test_mysql_tar.h \
	tests/unit/test_programs_fake.c tests/unit/test_programs_fake.h
tests_unit_test_mysql_clone_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_snapshot_SOURCES = tests/unit/test_mysql_snapshot.c \
	tests/unit/test_mysql_dump_rig.c tests/unit/test_mysql_dump_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h \
	tests/unit/test_mysql_tar.c tests/unit/test_mysql_tar.h \
	tests/unit/test_programs_fake.c tests/unit/test_programs_fake.h
tests_unit_test_mysql_snapshot_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_pattern_SOURCES = \
	tests/unit/test_mysql_pattern.c \
	tests/unit/test_mysql_dump_rig.c tests/unit/test_mysql_dump_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_pattern_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_dump_lanes_SOURCES = \
	tests/unit/test_mysql_dump_lanes.c \
	tests/unit/test_mysql_dump_rig.c tests/unit/test_mysql_dump_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_dump_lanes_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_load_SOURCES = tests/unit/test_mysql_load.c \
	tests/unit/test_mysql_load_rig.c tests/unit/test_mysql_load_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_load_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_load_sink_SOURCES = tests/unit/test_mysql_load_sink.c \
	tests/unit/test_mysql_load_rig.c tests/unit/test_mysql_load_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_load_sink_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_load_check_SOURCES = tests/unit/test_mysql_load_check.c \
	tests/unit/test_mysql_load_rig.c tests/unit/test_mysql_load_rig.h \
	tests/unit/test_mysql_fake.c tests/unit/test_mysql_fake.h
tests_unit_test_mysql_load_check_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_leave_SOURCES = tests/unit/test_mysql_leave.c
tests_unit_test_mysql_leave_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_pieces_SOURCES = tests/unit/test_mysql_pieces.c
tests_unit_test_mysql_pieces_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_redo_SOURCES = tests/unit/test_mysql_redo.c
tests_unit_test_mysql_redo_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_definer_SOURCES = tests/unit/test_mysql_definer.c
tests_unit_test_mysql_definer_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_fault_SOURCES = tests/unit/test_mysql_fault.c
tests_unit_test_mysql_fault_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_grants_SOURCES = tests/unit/test_mysql_grants.c
tests_unit_test_mysql_grants_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_objects_SOURCES = tests/unit/test_mysql_objects.c
tests_unit_test_mysql_objects_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_order_SOURCES = tests/unit/test_mysql_order.c
tests_unit_test_mysql_order_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_out_SOURCES = tests/unit/test_mysql_out.c
tests_unit_test_mysql_out_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_quote_SOURCES = tests/unit/test_mysql_quote.c
tests_unit_test_mysql_quote_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_ranges_SOURCES = tests/unit/test_mysql_ranges.c
tests_unit_test_mysql_ranges_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_rename_SOURCES = tests/unit/test_mysql_rename.c
tests_unit_test_mysql_rename_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_rows_SOURCES = tests/unit/test_mysql_rows.c
tests_unit_test_mysql_rows_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_mysql_split_SOURCES = tests/unit/test_mysql_split.c
tests_unit_test_mysql_split_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
endif
if WITH_REDIS
fake_redis = tests/fakes/fake_redis.c tests/fakes/fake_redis.h
fake_redis_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes
check_PROGRAMS += tests/unit/test_redis_conn tests/unit/test_redis_dump \
	tests/unit/test_redis_nomem tests/unit/test_redis_probe \
	tests/unit/test_redis_tls tests/unit/test_redis_dump_part
tests_unit_test_redis_tls_SOURCES = tests/unit/test_redis_tls.c
tests_unit_test_redis_tls_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)

tests_unit_test_redis_conn_SOURCES = tests/unit/test_redis_conn.c $(fake_redis)
tests_unit_test_redis_conn_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_conn_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_probe_SOURCES = tests/unit/test_redis_probe.c \
	$(fake_redis)
tests_unit_test_redis_probe_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_probe_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
redis_dump_rig = tests/unit/test_redis_dump_rig.c \
	tests/unit/test_redis_dump_rig.h $(fake_redis)
tests_unit_test_redis_nomem_SOURCES = tests/unit/test_redis_nomem.c \
	$(redis_dump_rig) $(SCARCE_MEMORY)
tests_unit_test_redis_nomem_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_nomem_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray \
	-Wl,--wrap=strdup
tests_unit_test_redis_dump_part_SOURCES = \
	tests/unit/test_redis_dump_part.c $(redis_dump_rig)
tests_unit_test_redis_dump_part_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_dump_part_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_redis_load tests/unit/test_redis_load_bad \
	tests/unit/test_redis_load_nomem tests/unit/test_redis_wane \
	tests/unit/test_redis_rdb_parts
redis_load_rig = tests/unit/test_redis_load_rig.c \
	tests/unit/test_redis_load_rig.h $(redis_dump_rig)
tests_unit_test_redis_load_SOURCES = tests/unit/test_redis_load.c \
	$(redis_load_rig)
tests_unit_test_redis_load_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_load_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_load_bad_SOURCES = tests/unit/test_redis_load_bad.c \
	$(redis_load_rig)
tests_unit_test_redis_load_bad_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_load_bad_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_load_nomem_SOURCES = tests/unit/test_redis_load_nomem.c \
	$(redis_load_rig) $(SCARCE_MEMORY)
tests_unit_test_redis_load_nomem_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_load_nomem_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_load_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray \
	-Wl,--wrap=strdup
tests_unit_test_redis_rdb_parts_SOURCES = tests/unit/test_redis_rdb_parts.c
tests_unit_test_redis_rdb_parts_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_wane_SOURCES = tests/unit/test_redis_wane.c
tests_unit_test_redis_wane_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_dump_SOURCES = tests/unit/test_redis_dump.c \
	$(redis_dump_rig)
tests_unit_test_redis_dump_CPPFLAGS = $(fake_redis_cppflags)
tests_unit_test_redis_dump_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_redis
tests_fuzz_fuzz_redis_SOURCES = tests/fuzz/fuzz_redis.c \
	tests/fuzz/run_files.c $(redis_dump_rig)
tests_fuzz_fuzz_redis_CPPFLAGS = $(fake_redis_cppflags) \
	-I$(top_srcdir)/tests/unit -DDATA='"redis"'
tests_fuzz_fuzz_redis_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
endif

# The RDB reader: needs no server, and no library of Redis'.
EXTRA_DIST += tests/data tests/unit/rdb_fixtures.py
rdb_rig = tests/unit/test_redis_rdb_rig.c tests/unit/test_redis_rdb_rig.h
check_PROGRAMS += tests/unit/test_redis_rdb tests/unit/test_redis_rdb_bad
tests_unit_test_redis_rdb_SOURCES = tests/unit/test_redis_rdb.c $(rdb_rig)
tests_unit_test_redis_rdb_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_rdb_bad_SOURCES = tests/unit/test_redis_rdb_bad.c \
	$(rdb_rig)
tests_unit_test_redis_rdb_bad_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_redis_rdb_bad_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc
# Restores of files.
files_tar_rig = tests/unit/test_files_tar.c tests/unit/test_files_tar.h
check_PROGRAMS += tests/unit/test_files_untar tests/unit/test_files_lay
tests_unit_test_files_untar_SOURCES = tests/unit/test_files_untar.c \
	$(files_tar_rig)
tests_unit_test_files_untar_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_unit_test_files_lay_SOURCES = tests/unit/test_files_lay.c \
	$(files_tar_rig)
tests_unit_test_files_lay_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_files_load
tests_unit_test_files_load_SOURCES = tests/unit/test_files_load.c \
	$(files_tar_rig)
tests_unit_test_files_load_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_tar
tests_fuzz_fuzz_tar_SOURCES = tests/fuzz/fuzz_tar.c tests/fuzz/run_files.c
tests_fuzz_fuzz_tar_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_tar_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"tar"'
check_PROGRAMS += tests/fuzz/fuzz_index
tests_fuzz_fuzz_index_SOURCES = tests/fuzz/fuzz_index.c tests/fuzz/run_files.c
tests_fuzz_fuzz_index_LDADD = $(JOBS_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_index_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"index"'
check_PROGRAMS += tests/fuzz/fuzz_rdb
tests_fuzz_fuzz_rdb_SOURCES = tests/fuzz/fuzz_rdb.c tests/fuzz/run_files.c
tests_fuzz_fuzz_rdb_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_redis_keys
tests_unit_test_redis_keys_SOURCES = tests/unit/test_redis_keys.c
tests_unit_test_redis_keys_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)

# Restores of objects.
check_PROGRAMS += tests/unit/test_objects_load
tests_unit_test_objects_load_SOURCES = tests/unit/test_objects_load.c \
	$(files_tar_rig) tests/fakes/fake_s3.c tests/fakes/fake_s3.h
tests_unit_test_objects_load_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
