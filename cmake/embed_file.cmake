# cmake -DFILE=<text> -DHEADER=<header.hpp> -DNAME=<function> -DOUT=<file.cpp> -P embed_file.cmake: a text as
# one C++ source, for a function of coffre::cli that HEADER declares.
file(READ ${FILE} text)
# A string literal may be limited to 64 KiB: the parts are laid side by side.
set(literals "")
string(LENGTH "${text}" left)
set(at 0)
while(left GREATER 0)
  string(SUBSTRING "${text}" ${at} 8000 part)
  string(LENGTH "${part}" taken)
  string(APPEND literals "    R\"coffre_text(${part})coffre_text\"\n")
  math(EXPR at "${at} + ${taken}")
  math(EXPR left "${left} - ${taken}")
endwhile()
get_filename_component(name ${FILE} NAME)
file(WRITE ${OUT} "// Generated from ${name}.\n#include \"${HEADER}\"\n\nnamespace coffre::cli {\n\n"
  "std::string_view ${NAME}() {\n    static constexpr std::string_view text =\n${literals}    ;\n"
  "    return text;\n}\n\n}  // namespace coffre::cli\n")
