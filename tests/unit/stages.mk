# Unit tests of the room stages.
check_PROGRAMS += tests/unit/test_zstd tests/unit/test_zstd_stage

tests_unit_test_zstd_SOURCES = tests/unit/test_zstd.c
tests_unit_test_zstd_LDADD = $(STAGES_LIBS) $(TEST_LIBS)

tests_unit_test_zstd_stage_SOURCES = tests/unit/test_zstd_stage.c
tests_unit_test_zstd_stage_LDADD = $(STAGES_LIBS) $(TEST_LIBS)
