# What `cmake --install` and the .deb carry: programs, library, headers, parallaxConfig.cmake, parallax.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS parallax parallax_plugin EXPORT parallaxTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/parallax DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(TARGET program)
  install(TARGETS program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  foreach(link ${parallax_links})
    install(FILES ${CMAKE_BINARY_DIR}/bin/${link} DESTINATION ${CMAKE_INSTALL_BINDIR})
  endforeach()
  install(FILES ${CMAKE_BINARY_DIR}/libexec/parallax/stage
          DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/parallax)
  set(pages ${CMAKE_BINARY_DIR}/share)
  install(CODE "execute_process(COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:program> -DFOLDER=${pages}
    -P ${PROJECT_SOURCE_DIR}/cmake/ParallaxPages.cmake COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_DATADIR})
endif()

# A static link needs what CMakeLists.txt links: both package files say so.
set(parallax_pairs xxhash=libxxhash hwy=libhwy spng=spng jpeg=libjpeg tiff=libtiff-4 seccomp=libseccomp
    hwloc=hwloc)
if(PARALLAX_LIBRAW)
  list(APPEND parallax_pairs libraw=libraw_r)
endif()
list(TRANSFORM parallax_pairs REPLACE ".*=" "" OUTPUT_VARIABLE parallax_pc_requires)
list(PREPEND parallax_pc_requires fmt)
list(JOIN parallax_pc_requires " " parallax_pc_requires)
list(JOIN parallax_pairs " " parallax_pairs)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/parallax)
install(EXPORT parallaxTargets NAMESPACE parallax:: DESTINATION ${config_dir})
configure_package_config_file(cmake/parallaxConfig.cmake.in ${CMAKE_BINARY_DIR}/parallaxConfig.cmake
  INSTALL_DESTINATION ${config_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/parallaxConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/parallaxConfig.cmake ${CMAKE_BINARY_DIR}/parallaxConfigVersion.cmake
              cmake/ParallaxAddPlugin.cmake DESTINATION ${config_dir})

configure_file(cmake/parallax.pc.in ${CMAKE_BINARY_DIR}/parallax.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/parallax.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME parallax)
set(CPACK_PACKAGE_VENDOR "The Parallax authors")
set(CPACK_PACKAGE_CONTACT "The Parallax authors <parallax@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Camera and vision pipelines: raw frames in, pictures out")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The headers serve those who compile against the static library, and need its own libraries' headers.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libfmt-dev, libxxhash-dev, libhwy-dev, libspng-dev, libjpeg62-turbo-dev, libtiff-dev, libseccomp-dev, libhwloc-dev, libraw-dev, pkg-config")
include(CPack)
