# Unit tests of the room http.
check_PROGRAMS += tests/unit/test_http_accept tests/unit/test_http_auth tests/unit/test_http_body \
	tests/unit/test_http_guard tests/unit/test_http_problem \
	tests/unit/test_http_query tests/unit/test_http_routes \
	tests/unit/test_http_wire tests/unit/test_http_api \
	tests/unit/test_http_bad tests/unit/test_http_nomem \
	tests/unit/test_http_plans tests/unit/test_http_streams \
	tests/unit/test_http_suit tests/unit/test_http_sessions \
	tests/unit/test_http_tls

tests_unit_test_http_accept_SOURCES = tests/unit/test_http_accept.c
tests_unit_test_http_accept_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_tls_SOURCES = tests/unit/test_http_tls.c \
	tests/unit/test_base_folder.c tests/unit/test_base_folder.h
tests_unit_test_http_tls_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_sessions_SOURCES = tests/unit/test_http_sessions.c
tests_unit_test_http_sessions_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_auth_SOURCES = tests/unit/test_http_auth.c
tests_unit_test_http_auth_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_body_SOURCES = tests/unit/test_http_body.c
tests_unit_test_http_body_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_problem_SOURCES = tests/unit/test_http_problem.c
tests_unit_test_http_problem_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_query_SOURCES = tests/unit/test_http_query.c
tests_unit_test_http_query_LDADD = $(HTTP_LIBS) $(TEST_LIBS)
tests_unit_test_http_wire_SOURCES = tests/unit/test_http_wire.c
tests_unit_test_http_wire_LDADD = $(HTTP_LIBS) $(TEST_LIBS)

# A whole server: the fake engine takes the place of the room sources.
http_shop = tests/unit/http_client.c tests/unit/http_client.h \
	tests/unit/jobs_house.c tests/unit/jobs_house.h \
	tests/fakes/fake_source.c tests/fakes/fake_source.h
http_shop_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes
http_shop_libs = libhttp.a libconsole.a libjobs.a libsources.a libcatalog.a \
	libmanifest.a libprograms.a \
	libstages.a libstores.a libs3.a libpipeline.a libmodel.a \
	$(LOOP_LIBS) \
	$(TEST_LIBS)
tests_unit_test_http_routes_SOURCES = tests/unit/test_http_routes.c \
	$(http_shop)
tests_unit_test_http_routes_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_routes_LDADD = $(http_shop_libs)
tests_unit_test_http_guard_SOURCES = tests/unit/test_http_guard.c $(http_shop)
tests_unit_test_http_guard_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_guard_LDADD = $(http_shop_libs)
tests_unit_test_http_api_SOURCES = tests/unit/test_http_api.c $(http_shop)
tests_unit_test_http_api_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_api_LDADD = $(http_shop_libs)
tests_unit_test_http_plans_SOURCES = tests/unit/test_http_plans.c $(http_shop)
tests_unit_test_http_plans_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_plans_LDADD = $(http_shop_libs)
tests_unit_test_http_suit_SOURCES = tests/unit/test_http_suit.c $(http_shop)
tests_unit_test_http_suit_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_suit_LDADD = $(http_shop_libs)
tests_unit_test_http_streams_SOURCES = tests/unit/test_http_streams.c \
	$(http_shop)
tests_unit_test_http_streams_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_streams_LDADD = $(http_shop_libs)
tests_unit_test_http_bad_SOURCES = tests/unit/test_http_bad.c $(http_shop)
tests_unit_test_http_bad_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_bad_LDADD = $(http_shop_libs)
# Allocations within a turn of the loop fail on demand.
tests_unit_test_http_nomem_SOURCES = tests/unit/test_http_nomem.c $(http_shop) \
	$(SCARCE_MEMORY)
tests_unit_test_http_nomem_CPPFLAGS = $(http_shop_cppflags)
tests_unit_test_http_nomem_LDADD = $(http_shop_libs)
tests_unit_test_http_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup \
	-Wl,--wrap=strndup -Wl,--wrap=house_turn \
	-Wl,--wrap=jobs_check_source -Wl,--wrap=jobs_list_names
