# Run by cpack before it packs: what Debian wants of a package besides the installed files.
find_program(gzip gzip REQUIRED)
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
set(doc ${root}/share/doc/${CPACK_PACKAGE_NAME})
file(MAKE_DIRECTORY ${doc})
configure_file(${CPACK_NNGEN_LICENSE} ${doc}/copyright COPYONLY NO_SOURCE_PERMISSIONS)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog
  "nngen (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n"
  "  * Version ${CPACK_PACKAGE_VERSION}.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
if(EXISTS ${root}/share/zsh/site-functions) # zsh's own folder; Debian's is another
  file(RENAME ${root}/share/zsh/site-functions ${root}/share/zsh/vendor-completions)
endif()
file(GLOB pages ${root}/share/man/man*/*.[1-9])
execute_process(COMMAND ${gzip} -9nf ${doc}/changelog ${pages} COMMAND_ERROR_IS_FATAL ANY)
