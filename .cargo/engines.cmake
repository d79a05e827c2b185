# Read by CMake when it configures whisper.cpp and llama.cpp (`config.toml` beside this file).
#
# Without Intel's matrix extensions (AMX). ggml fills the configuration of their tiles on the stack, and GCC takes that for dead code
# (seen with 12.2; https://github.com/ggml-org/llama.cpp/pull/26954), so that the first product of matrices ends the program with a
# general protection fault. Undefined, the macro leaves ggml its AVX-512 code.
add_compile_options(-U__AMX_INT8__)
