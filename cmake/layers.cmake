# coffre_layer(NAME SOURCES file... LINKS layer... PRIVATE library...): one static library a layer.
# LINKS are the layers below it, and the only ones whose headers it may include: the link is what makes
# their include folder visible to the linker, and tests/layers_test.py reads the #include lines.
function(coffre_layer NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(${NAME} PUBLIC ${ARG_LINKS} PRIVATE coffre_warnings coffre_hardening ${ARG_PRIVATE})
  target_include_directories(${NAME} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()
