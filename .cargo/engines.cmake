# Read by CMake when it configures whisper.cpp and llama.cpp (`config.toml` beside this file).
#
# Without Intel's matrix extensions (AMX). ggml fills the configuration of their tiles on the stack, and GCC takes that for dead code
# (seen with 12.2; https://github.com/ggml-org/llama.cpp/pull/26954), so that the first product of matrices ends the program with a
# general protection fault. Undefined, the macro leaves ggml its AVX-512 code.
add_compile_options(-U__AMX_INT8__)

# Without 16-bit arithmetic (AVX512-FP16). With it ggml adds up 128 values at a time, and what is left over one by one
# (`GGML_F16_STEP` in ggml-cpu/simd-mappings.h): for the common heads of 64 that is everything, so that flash attention is several times
# slower than with the plain AVX-512 code that the undefined macro leaves.
add_compile_options(-U__AVX512FP16__)
