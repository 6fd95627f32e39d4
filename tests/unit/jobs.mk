# Unit tests of the room jobs.
check_PROGRAMS += tests/unit/test_jobs_flow tests/unit/test_jobs_meter tests/unit/test_jobs_tree_base \
	tests/unit/test_jobs_restore tests/unit/test_jobs_moments tests/unit/test_jobs_nomem

# The fake engine takes the place of the room sources.
JOBS_HOUSE = tests/unit/jobs_house.c tests/unit/jobs_house.h \
	tests/fakes/fake_source.c tests/fakes/fake_source.h
JOBS_HOUSE_LIBS = libjobs.a libcatalog.a libmanifest.a libsources.a libprograms.a libstages.a \
	libstores.a libs3.a libpipeline.a libmodel.a $(LOOP_LIBS) $(TEST_LIBS)

tests_unit_test_jobs_flow_SOURCES = tests/unit/test_jobs_flow.c $(JOBS_HOUSE)
tests_unit_test_jobs_flow_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_flow_LDADD = $(JOBS_HOUSE_LIBS)

tests_unit_test_jobs_restore_SOURCES = tests/unit/test_jobs_restore.c \
	$(JOBS_HOUSE)
tests_unit_test_jobs_restore_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_restore_LDADD = $(JOBS_HOUSE_LIBS)
tests_unit_test_jobs_restore_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=manifest_format

tests_unit_test_jobs_moments_SOURCES = tests/unit/test_jobs_moments.c \
	$(JOBS_HOUSE)
tests_unit_test_jobs_moments_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_moments_LDADD = $(JOBS_HOUSE_LIBS)
tests_unit_test_jobs_moments_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=catalog_backup_finish -Wl,--wrap=catalog_restore_finish \
	-Wl,--wrap=catalog_backup_swept

check_PROGRAMS += tests/unit/test_jobs_file_list
tests_unit_test_jobs_file_list_SOURCES = tests/unit/test_jobs_file_list.c
tests_unit_test_jobs_file_list_LDADD = libjobs.a libsources.a libbase.a $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_jobs_packs
tests_unit_test_jobs_packs_SOURCES = tests/unit/test_jobs_packs.c
tests_unit_test_jobs_packs_LDADD = libjobs.a libmanifest.a libstages.a \
	libpipeline.a libmodel.a $(LOOP_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_jobs_objects
tests_unit_test_jobs_objects_SOURCES = tests/unit/test_jobs_objects.c \
	$(JOBS_HOUSE)
tests_unit_test_jobs_objects_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_objects_LDADD = $(JOBS_HOUSE_LIBS)

# Allocations of the program's own fail.
JOBS_NOMEM = tests/unit/test_jobs_nomem_rig.c tests/unit/test_jobs_nomem_rig.h \
	$(JOBS_HOUSE) $(SCARCE_MEMORY)
JOBS_NOMEM_WRAP = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
	-Wl,--wrap=strdup

tests_unit_test_jobs_nomem_SOURCES = tests/unit/test_jobs_nomem.c $(JOBS_NOMEM)
tests_unit_test_jobs_nomem_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_nomem_LDADD = $(JOBS_HOUSE_LIBS)
tests_unit_test_jobs_nomem_LDFLAGS = $(AM_LDFLAGS) $(JOBS_NOMEM_WRAP)

check_PROGRAMS += tests/unit/test_jobs_nomem_sealed
tests_unit_test_jobs_nomem_sealed_SOURCES = \
	tests/unit/test_jobs_nomem_sealed.c $(JOBS_NOMEM)
tests_unit_test_jobs_nomem_sealed_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_nomem_sealed_LDADD = $(JOBS_HOUSE_LIBS)
tests_unit_test_jobs_nomem_sealed_LDFLAGS = $(AM_LDFLAGS) $(JOBS_NOMEM_WRAP)

check_PROGRAMS += tests/unit/test_jobs_nomem_plans
tests_unit_test_jobs_nomem_plans_SOURCES = \
	tests/unit/test_jobs_nomem_plans.c $(JOBS_NOMEM)
tests_unit_test_jobs_nomem_plans_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_nomem_plans_LDADD = $(JOBS_HOUSE_LIBS)
tests_unit_test_jobs_nomem_plans_LDFLAGS = $(AM_LDFLAGS) $(JOBS_NOMEM_WRAP)

tests_unit_test_jobs_tree_base_SOURCES = tests/unit/test_jobs_tree_base.c
tests_unit_test_jobs_tree_base_LDADD = $(JOBS_LIBS) $(TEST_LIBS)
tests_unit_test_jobs_meter_SOURCES = tests/unit/test_jobs_meter.c
tests_unit_test_jobs_meter_LDADD = $(JOBS_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_jobs_verify
tests_unit_test_jobs_verify_SOURCES = tests/unit/test_jobs_verify.c
tests_unit_test_jobs_verify_LDADD = $(JOBS_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_jobs_adopt
tests_unit_test_jobs_adopt_SOURCES = tests/unit/test_jobs_adopt.c $(JOBS_HOUSE)
tests_unit_test_jobs_adopt_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_adopt_LDADD = $(JOBS_HOUSE_LIBS)

check_PROGRAMS += tests/unit/test_jobs_turns
tests_unit_test_jobs_turns_SOURCES = tests/unit/test_jobs_turns.c $(JOBS_HOUSE)
tests_unit_test_jobs_turns_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_turns_LDADD = $(JOBS_HOUSE_LIBS)

check_PROGRAMS += tests/unit/test_jobs_transfer
tests_unit_test_jobs_transfer_SOURCES = tests/unit/test_jobs_transfer.c $(JOBS_HOUSE)
tests_unit_test_jobs_transfer_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes
tests_unit_test_jobs_transfer_LDADD = $(JOBS_HOUSE_LIBS)

check_PROGRAMS += tests/unit/test_jobs_provision
tests_unit_test_jobs_provision_SOURCES = tests/unit/test_jobs_provision.c
tests_unit_test_jobs_provision_LDADD = $(JOBS_LIBS) $(TEST_LIBS)
