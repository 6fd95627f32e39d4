# Readers of foreign bytes: each runs over its corpus, tests/data/NAME, as a
# test; tests/faults/fuzz fuzzes them, with clang.
check_PROGRAMS += tests/fuzz/fuzz_acts tests/fuzz/fuzz_age \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_dump tests/fuzz/fuzz_forms tests/fuzz/fuzz_http \
	tests/fuzz/fuzz_manifest tests/fuzz/fuzz_parts tests/fuzz/fuzz_s3 \
	tests/fuzz/fuzz_timer

tests_fuzz_fuzz_acts_SOURCES = tests/fuzz/fuzz_acts.c tests/fuzz/run_files.c \
	$(http_shop)
tests_fuzz_fuzz_acts_CPPFLAGS = $(http_shop_cppflags) \
	-I$(top_srcdir)/tests/unit -DDATA='"acts"'
tests_fuzz_fuzz_acts_LDADD = $(http_shop_libs)
tests_fuzz_fuzz_age_SOURCES = tests/fuzz/fuzz_age.c tests/fuzz/run_files.c
tests_fuzz_fuzz_age_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"age"'
tests_fuzz_fuzz_age_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c \
	tests/fuzz/run_files.c
tests_fuzz_fuzz_config_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"config"'
tests_fuzz_fuzz_config_LDADD = $(CONFIG_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_dump_SOURCES = tests/fuzz/fuzz_dump.c tests/fuzz/run_files.c
tests_fuzz_fuzz_dump_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"dump"'
tests_fuzz_fuzz_dump_LDADD = $(SOURCES_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_forms_SOURCES = tests/fuzz/fuzz_forms.c tests/fuzz/run_files.c
tests_fuzz_fuzz_forms_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"forms"'
tests_fuzz_fuzz_forms_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c tests/fuzz/run_files.c \
	$(http_shop)
tests_fuzz_fuzz_http_CPPFLAGS = $(http_shop_cppflags) \
	-I$(top_srcdir)/tests/unit -DDATA='"http"'
tests_fuzz_fuzz_http_LDADD = $(http_shop_libs)
tests_fuzz_fuzz_manifest_SOURCES = tests/fuzz/fuzz_manifest.c \
	tests/fuzz/run_files.c
tests_fuzz_fuzz_manifest_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"manifest"'
tests_fuzz_fuzz_manifest_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_parts_SOURCES = tests/fuzz/fuzz_parts.c \
	tests/fuzz/run_files.c tests/fakes/fake_store.c \
	tests/fakes/fake_store.h
tests_fuzz_fuzz_parts_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes -DDATA='"parts"'
tests_fuzz_fuzz_parts_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_s3_SOURCES = tests/fuzz/fuzz_s3.c tests/fuzz/run_files.c
tests_fuzz_fuzz_s3_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"s3"'
tests_fuzz_fuzz_s3_LDADD = $(S3_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_timer_SOURCES = tests/fuzz/fuzz_timer.c tests/fuzz/run_files.c
tests_fuzz_fuzz_timer_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"timer"'
tests_fuzz_fuzz_timer_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
