# SPDX-License-Identifier: BSD-3-Clause
# One library per folder of src/. Its DEPENDS is the only place that says whom the folder may know.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)

# toml++ is used header-only: its library differs between Debian releases. Of fmt the compiled half is made in src/base.
find_path(FMT_INCLUDE_DIR fmt/core.h REQUIRED)

find_path(TOMLPP_INCLUDE_DIR toml++/toml.h REQUIRED)
add_library(kld_toml INTERFACE)
target_include_directories(kld_toml SYSTEM INTERFACE ${TOMLPP_INCLUDE_DIR})
target_compile_definitions(kld_toml INTERFACE TOML_HEADER_ONLY=1)

find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
add_library(kld_cli11 INTERFACE)
target_include_directories(kld_cli11 SYSTEM INTERFACE ${CLI11_INCLUDE_DIR})

# Decompressors, linked as archives by all: the static programs of the target have no choice, and one way is enough.
add_library(kld_packers INTERFACE)
foreach(packer lzma zstd lz4 bz2 z)
  find_library(KLD_PACKER_${packer} lib${packer}.a REQUIRED)
  target_link_libraries(kld_packers INTERFACE ${KLD_PACKER_${packer}})
endforeach()

option(KLD_SANITIZE "build with address and undefined behaviour sanitizers" OFF)
if(KLD_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  if(NOT KLD_FUZZ)
    # These are two thirds of the instructions that the sanitizers add, and find least: null pointers end a program anyway. Fuzzers have all.
    add_compile_options(-fno-sanitize=alignment,null,object-size,pointer-overflow,vptr)
  endif()
  # Its programs are large: relocations and debug information are half of them.
  add_link_options(-fsanitize=address,undefined -no-pie -gz)
endif()
option(KLD_FUZZ "libraries that libFuzzer can watch, and the fuzzers of tests/fuzz; needs clang" OFF)
if(KLD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_library(kld_warnings INTERFACE)
target_compile_options(kld_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(KLD_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC's own documentation warns of false reports when sanitizers and optimisation meet.
  target_compile_options(kld_warnings INTERFACE -Wno-maybe-uninitialized)
endif()

# kld_library(<folder> [SOURCES …] [DEPENDS …]): static library kld_<folder>; without SOURCES, every *.cc, *.c and *.S beside the CMakeLists.
function(kld_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS *.cc *.c *.S)
  endif()
  add_library(kld_${folder} STATIC ${ARG_SOURCES})
  target_include_directories(kld_${folder} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(kld_${folder} PUBLIC ${ARG_DEPENDS} kld_fmt tl::expected PRIVATE kld_warnings)
endfunction()

# kld_hot(<target>): what works on gigabytes is optimised in sanitized builds, too.
function(kld_hot target)
  if(KLD_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# What is used, without tests.
add_custom_target(programs)

# kld_program(<name> SOURCES … DEPENDS … [STATIC]): STATIC programs run on machines whose libc is older, and in rescue shells.
function(kld_program name)
  cmake_parse_arguments(ARG "STATIC" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} kld_fmt tl::expected kld_warnings)
  if(ARG_STATIC AND NOT KLD_SANITIZE)
    # Relocations packed: a tenth of their size, and done in half the time at each start.
    target_link_options(${name} PRIVATE -static-pie -Wl,--fatal-warnings -Wl,-z,pack-relative-relocs)
  endif()
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "^${PROJECT_SOURCE_DIR}/src/")
    add_dependencies(programs ${name})
  endif()
  # One translation unit: the headers of the command line parser take far longer than all of a program's own code.
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin UNITY_BUILD ON)
endfunction()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
