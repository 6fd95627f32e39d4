# Unit tests of the room catalog.
CATALOG_RIG = tests/unit/test_catalog_rig.c tests/unit/test_catalog_rig.h
CATALOG_PLAN_RIG = $(CATALOG_RIG) tests/unit/test_catalog_plan_rig.c \
	tests/unit/test_catalog_plan_rig.h
CATALOG_TEST_LIBS = $(CATALOG_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_catalog_adopted \
	tests/unit/test_catalog_backups \
	tests/unit/test_catalog_claims tests/unit/test_catalog_calls \
	tests/unit/test_catalog_drills \
	tests/unit/test_catalog_due \
	tests/unit/test_catalog_expiry \
	tests/unit/test_catalog_events \
	tests/unit/test_catalog_faults \
	tests/unit/test_catalog_instances \
	tests/unit/test_catalog_jobs \
	tests/unit/test_catalog_lists \
	tests/unit/test_catalog_open \
	tests/unit/test_catalog_chain \
	tests/unit/test_catalog_packs \
	tests/unit/test_catalog_plans \
	tests/unit/test_catalog_pools \
	tests/unit/test_catalog_recover \
	tests/unit/test_catalog_replies \
	tests/unit/test_catalog_restores \
	tests/unit/test_catalog_search \
	tests/unit/test_catalog_sources \
	tests/unit/test_catalog_statistics \
	tests/unit/test_catalog_throwaways \
	tests/unit/test_catalog_tokens \
	tests/unit/test_catalog_verify

tests_unit_test_catalog_adopted_SOURCES = \
	tests/unit/test_catalog_adopted.c $(CATALOG_RIG)
tests_unit_test_catalog_adopted_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_statistics_SOURCES = \
	tests/unit/test_catalog_statistics.c $(CATALOG_RIG)
tests_unit_test_catalog_statistics_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_backups_SOURCES = \
	tests/unit/test_catalog_backups.c $(CATALOG_RIG)
tests_unit_test_catalog_backups_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_calls_SOURCES = \
	tests/unit/test_catalog_calls.c $(CATALOG_RIG)
tests_unit_test_catalog_calls_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_drills_SOURCES = \
	tests/unit/test_catalog_drills.c $(CATALOG_PLAN_RIG)
tests_unit_test_catalog_drills_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_due_SOURCES = \
	tests/unit/test_catalog_due.c $(CATALOG_PLAN_RIG)
tests_unit_test_catalog_due_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_expiry_SOURCES = \
	tests/unit/test_catalog_expiry.c $(CATALOG_PLAN_RIG)
tests_unit_test_catalog_expiry_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_faults_SOURCES = \
	tests/unit/test_catalog_faults.c $(CATALOG_RIG)
tests_unit_test_catalog_faults_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_instances_SOURCES = \
	tests/unit/test_catalog_instances.c $(CATALOG_RIG)
tests_unit_test_catalog_instances_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_jobs_SOURCES = \
	tests/unit/test_catalog_jobs.c $(CATALOG_RIG)
tests_unit_test_catalog_jobs_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_lists_SOURCES = \
	tests/unit/test_catalog_lists.c $(CATALOG_RIG)
tests_unit_test_catalog_lists_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_search_SOURCES = \
	tests/unit/test_catalog_search.c $(CATALOG_RIG)
tests_unit_test_catalog_search_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_open_SOURCES = \
	tests/unit/test_catalog_open.c $(CATALOG_RIG)
tests_unit_test_catalog_open_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_packs_SOURCES = \
	tests/unit/test_catalog_packs.c $(CATALOG_PLAN_RIG)
tests_unit_test_catalog_packs_LDADD = $(CATALOG_TEST_LIBS)
tests_unit_test_catalog_chain_SOURCES = \
	tests/unit/test_catalog_chain.c $(CATALOG_PLAN_RIG)
tests_unit_test_catalog_chain_LDADD = $(CATALOG_TEST_LIBS)
tests_unit_test_catalog_plans_SOURCES = \
	tests/unit/test_catalog_plans.c $(CATALOG_PLAN_RIG)
tests_unit_test_catalog_plans_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_pools_SOURCES = \
	tests/unit/test_catalog_pools.c $(CATALOG_RIG)
tests_unit_test_catalog_pools_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_recover_SOURCES = \
	tests/unit/test_catalog_recover.c $(CATALOG_RIG)
tests_unit_test_catalog_recover_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_throwaways_SOURCES = \
	tests/unit/test_catalog_throwaways.c $(CATALOG_RIG)
tests_unit_test_catalog_throwaways_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_restores_SOURCES = \
	tests/unit/test_catalog_restores.c $(CATALOG_RIG)
tests_unit_test_catalog_restores_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_sources_SOURCES = \
	tests/unit/test_catalog_sources.c $(CATALOG_RIG)
tests_unit_test_catalog_sources_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_events_SOURCES = \
	tests/unit/test_catalog_events.c $(CATALOG_RIG)
tests_unit_test_catalog_events_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_replies_SOURCES = \
	tests/unit/test_catalog_replies.c $(CATALOG_RIG)
tests_unit_test_catalog_replies_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_claims_SOURCES = \
	tests/unit/test_catalog_claims.c $(CATALOG_RIG)
tests_unit_test_catalog_claims_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_tokens_SOURCES = \
	tests/unit/test_catalog_tokens.c $(CATALOG_RIG)
tests_unit_test_catalog_tokens_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_verify_SOURCES = \
	tests/unit/test_catalog_verify.c $(CATALOG_RIG)
tests_unit_test_catalog_verify_LDADD = $(CATALOG_TEST_LIBS)

# The allocator's names lead to functions of the test that fail on demand.
check_PROGRAMS += tests/unit/test_catalog_nomem
tests_unit_test_catalog_nomem_SOURCES = \
	tests/unit/test_catalog_nomem.c $(CATALOG_PLAN_RIG) $(SCARCE_MEMORY)
tests_unit_test_catalog_nomem_LDADD = $(CATALOG_TEST_LIBS)
tests_unit_test_catalog_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup
