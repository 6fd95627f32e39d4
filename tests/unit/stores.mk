# Unit tests of the room stores.
dist_check_SCRIPTS += tests/unit/s3_oracle.sh
EXTRA_DIST += tests/unit/s3_vectors.py tests/unit/s3_vectors.tsv
TESTS += tests/unit/s3_oracle.sh

check_PROGRAMS += tests/unit/test_s3_client tests/unit/test_s3_config \
	tests/unit/test_s3_get \
	tests/unit/test_s3_list tests/unit/test_s3_remove \
	tests/unit/test_s3_request tests/unit/test_s3_retry \
	tests/unit/test_s3_sign tests/unit/test_s3_verdict \
	tests/unit/test_stores_dir tests/unit/test_stores_nomem \
	tests/unit/test_stores_probe

STORES_RIG = tests/unit/test_stores_rig.c tests/unit/test_stores_rig.h \
	tests/fakes/fake_s3.c tests/fakes/fake_s3.h

tests_unit_test_s3_client_SOURCES = tests/unit/test_s3_client.c $(STORES_RIG)
tests_unit_test_s3_client_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_config_SOURCES = tests/unit/test_s3_config.c $(STORES_RIG)
tests_unit_test_s3_config_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_get_SOURCES = tests/unit/test_s3_get.c $(STORES_RIG)
tests_unit_test_s3_get_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_list_SOURCES = tests/unit/test_s3_list.c $(STORES_RIG)
tests_unit_test_s3_list_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_remove_SOURCES = tests/unit/test_s3_remove.c $(STORES_RIG)
tests_unit_test_s3_remove_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_request_SOURCES = tests/unit/test_s3_request.c $(STORES_RIG)
tests_unit_test_s3_request_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_retry_SOURCES = tests/unit/test_s3_retry.c $(STORES_RIG)
tests_unit_test_s3_retry_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_sign_SOURCES = tests/unit/test_s3_sign.c
tests_unit_test_s3_sign_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_s3_verdict_SOURCES = tests/unit/test_s3_verdict.c
tests_unit_test_s3_verdict_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_stores_dir_SOURCES = tests/unit/test_stores_dir.c $(STORES_RIG)
tests_unit_test_stores_dir_LDADD = $(STORES_LIBS) $(TEST_LIBS)

tests_unit_test_stores_probe_SOURCES = tests/unit/test_stores_probe.c $(STORES_RIG)
tests_unit_test_stores_probe_LDADD = $(STORES_LIBS) $(TEST_LIBS)

# The allocator's names lead to functions of the test that fail on demand.
tests_unit_test_stores_nomem_SOURCES = tests/unit/test_stores_nomem.c \
	tests/fakes/fake_s3.c tests/fakes/fake_s3.h $(SCARCE_MEMORY)
tests_unit_test_stores_nomem_LDADD = $(STORES_LIBS) $(TEST_LIBS)
tests_unit_test_stores_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup
