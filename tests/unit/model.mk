# Unit tests of the room model.
check_PROGRAMS += tests/unit/test_model_cron \
	tests/unit/test_model_names \
	tests/unit/test_model_packs \
	tests/unit/test_model_plan \
	tests/unit/test_model_records \
	tests/unit/test_model_retention \
	tests/unit/test_model_scope \
	tests/unit/test_model_timer \
	tests/unit/test_model_timer_walk

tests_unit_test_model_names_SOURCES = tests/unit/test_model_names.c
tests_unit_test_model_names_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_packs_SOURCES = tests/unit/test_model_packs.c
tests_unit_test_model_packs_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_plan_SOURCES = tests/unit/test_model_plan.c
tests_unit_test_model_plan_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_retention_SOURCES = tests/unit/test_model_retention.c
tests_unit_test_model_retention_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
# Copies of strings fail on demand.
tests_unit_test_model_records_SOURCES = tests/unit/test_model_records.c
tests_unit_test_model_records_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_records_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=strdup
tests_unit_test_model_scope_SOURCES = tests/unit/test_model_scope.c
tests_unit_test_model_scope_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_cron_SOURCES = tests/unit/test_model_cron.c
tests_unit_test_model_cron_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_timer_SOURCES = tests/unit/test_model_timer.c
tests_unit_test_model_timer_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
tests_unit_test_model_timer_walk_SOURCES = tests/unit/test_model_timer_walk.c
tests_unit_test_model_timer_walk_LDADD = $(MODEL_LIBS) $(TEST_LIBS)
