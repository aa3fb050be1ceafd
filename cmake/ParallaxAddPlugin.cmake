# parallax_add_plugin(name sources…): a plugin NAME.so, the same in this tree and outside of it.
#
#   find_package(parallax REQUIRED)
#   parallax_add_plugin(blur blur.cpp)
#
# Built into PARALLAX_PLUGIN_OUTPUT_DIRECTORY (default: lib/parallax in the build folder), installed
# into lib/parallax. Found at run time there, or in a folder that PARALLAX_PLUGIN_PATH names.
include(GNUInstallDirs)

function(parallax_add_plugin name)
  if(NOT ARGN)
    message(FATAL_ERROR "parallax_add_plugin(${name}): which sources?")
  endif()
  if(NOT PARALLAX_PLUGIN_OUTPUT_DIRECTORY)
    set(PARALLAX_PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/parallax)
  endif()
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE parallax::plugin)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_VISIBILITY_PRESET hidden
    C_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${PARALLAX_PLUGIN_OUTPUT_DIRECTORY})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/parallax)
endfunction()
