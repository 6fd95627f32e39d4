# Unit tests of the room pipeline.
check_PROGRAMS += tests/unit/test_frame tests/unit/test_budget \
	tests/unit/test_buffer \
	tests/unit/test_pipeline tests/unit/test_pipeline_faults \
	tests/unit/test_pipeline_nomem tests/unit/test_pipeline_turns

tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

tests_unit_test_buffer_SOURCES = tests/unit/test_buffer.c
tests_unit_test_buffer_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

tests_unit_test_budget_SOURCES = tests/unit/test_budget.c
tests_unit_test_budget_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

pipeline_rig = tests/unit/test_pipeline_rig.c tests/unit/test_pipeline_rig.h

tests_unit_test_pipeline_SOURCES = tests/unit/test_pipeline.c $(pipeline_rig)
tests_unit_test_pipeline_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

tests_unit_test_pipeline_faults_SOURCES = tests/unit/test_pipeline_faults.c \
	$(pipeline_rig)
tests_unit_test_pipeline_faults_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

tests_unit_test_pipeline_turns_SOURCES = tests/unit/test_pipeline_turns.c \
	$(pipeline_rig)
tests_unit_test_pipeline_turns_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

tests_unit_test_pipeline_nomem_SOURCES = tests/unit/test_pipeline_nomem.c \
	$(pipeline_rig) $(SCARCE_MEMORY)
tests_unit_test_pipeline_nomem_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)
tests_unit_test_pipeline_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray \
	-Wl,--wrap=strdup
