# Where libtorch's headers and libraries are, and the C++ standard that its headers need.
#
# An unpacked libtorch and a PyTorch of pip have all in one folder (lib, include, share/cmake/Torch) and are linked as
# they are: their own package asks for the whole CUDA toolkit where they were built for CUDA, and nothing here needs it.
# A libtorch of the system (Debian: libtorch-dev) is its package's to describe.
get_filename_component(torch_root "${Torch_DIR}/../../.." ABSOLUTE)
if(EXISTS "${torch_root}/include/ATen/ATen.h")
  file(GLOB torch_libraries "${torch_root}/lib/libtorch_cpu.so" "${torch_root}/lib/libtorch_cpu.dylib")
endif()

set(torch_standard 17)
file(STRINGS "${Torch_DIR}/TorchConfig.cmake" torch_config REGEX "CXX_STANDARD +[0-9]+|_GLIBCXX_USE_CXX11_ABI=[01]")
if(torch_config MATCHES "CXX_STANDARD +([0-9]+)" AND CMAKE_MATCH_1 GREATER torch_standard)
  set(torch_standard ${CMAKE_MATCH_1}) # since 2.12 it is 20
endif()
if(NASCENT_CXX_STANDARD)
  set(torch_standard ${NASCENT_CXX_STANDARD})
endif()
set(CMAKE_CXX_STANDARD ${torch_standard}) # also where the folder was configured for another libtorch before

if(torch_libraries)
  foreach(name torch c10 torch_cuda c10_cuda) # libtorch itself stands for whatever devices it was built for
    file(GLOB found "${torch_root}/lib/lib${name}.so" "${torch_root}/lib/lib${name}.dylib")
    list(APPEND torch_libraries ${found})
  endforeach()
  set(TORCH_LIBRARIES ${torch_libraries})
  set(TORCH_INCLUDE_DIRS "${torch_root}/include" "${torch_root}/include/torch/csrc/api/include")
  set(TORCH_CXX_FLAGS "")
  if(torch_config MATCHES "(_GLIBCXX_USE_CXX11_ABI=[01])")
    set(TORCH_CXX_FLAGS "-D${CMAKE_MATCH_1}")
  endif()
  file(STRINGS "${Torch_DIR}/TorchConfigVersion.cmake" torch_version REGEX "PACKAGE_VERSION \"")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" Torch_VERSION "${torch_version}")
else()
  find_package(Torch REQUIRED)
endif()
