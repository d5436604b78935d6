# coffre_git2: libgit2 from its archive, without its network parts (ADR 2).
# Where there is no archive, or one that does not fit store/odb/no_network.cpp, it is the shared library.
add_library(coffre_git2 INTERFACE)

set(parts "")
foreach(name git2 pcre2-8 mbedcrypto http_parser)
  find_library(COFFRE_ARCHIVE_${name} NAMES lib${name}.a)
  mark_as_advanced(COFFRE_ARCHIVE_${name})
  list(APPEND parts ${COFFRE_ARCHIVE_${name}})
endforeach()
# Debian wants zlib shared always, and tells one that is not by its copyright notice.
find_library(COFFRE_ZLIB NAMES z)
mark_as_advanced(COFFRE_ZLIB)
list(APPEND parts ${COFFRE_ZLIB})

if(NOT parts MATCHES "NOTFOUND" AND NOT DEFINED COFFRE_GIT2_FITS)
  try_compile(COFFRE_GIT2_FITS
    SOURCES ${PROJECT_SOURCE_DIR}/cmake/libgit2_probe.cpp ${PROJECT_SOURCE_DIR}/store/odb/no_network.cpp
    LINK_LIBRARIES ${parts} Threads::Threads)
endif()

if(COFFRE_GIT2_FITS)
  message(STATUS "libgit2: its archive, without network")
  add_library(coffre_no_network OBJECT ${PROJECT_SOURCE_DIR}/store/odb/no_network.cpp)
  # An object and no archive: it must be there before the linker looks into libgit2's.
  target_link_libraries(coffre_git2 INTERFACE $<TARGET_OBJECTS:coffre_no_network> ${parts})
else()
  message(STATUS "libgit2: the shared library")
  target_link_libraries(coffre_git2 INTERFACE PkgConfig::git2)
endif()
