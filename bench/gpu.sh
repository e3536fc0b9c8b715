#!/usr/bin/env bash
# Runs what needs an NVIDIA GPU, in at most eight minutes: the engine `webgpu` beside PyTorch, then the other GPU engines.
#
#     bash bench/gpu.sh [PYTHON] [SECONDS]
#
# Needs   Node.js 20 or 22 and an NVIDIA driver; npm with its registry, unless `node_modules` and `dist` exist, which are
#         then used without a network. For the engines: libvulkan.so.1 and GLVND, which the Vulkan driver needs (webgpu,
#         onnx-webgpu and tfjs-webgpu; Debian: libvulkan1 libegl1 libgl1 libgles2 libopengl0), CUDA 12 with cuDNN 9
#         (onnx-cuda; for CUDA 13 see docs/engines.md), tfjs-node-gpu as docs/engines.md builds it; for the comparison: a
#         PYTHON that has torch for CUDA and safetensors.
# Prints  the name of the GPU; on `webgpu` an update, the specs, which compare it with the golden numbers, matrix products
#         beside cuBLAS, updates of S and L beside PyTorch eager and compiled, a step of the default job, and generation beside
#         PyTorch; two benches and the specs of every other GPU engine that opens; `N engines checked`.
#         SECONDS [480] is the time for all of it after installation and build. A part that does not end in its time is
#         stopped, and a line says so.
set -uo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}
seconds=${2:-480}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || exit 1
if [ ! -d node_modules ]; then
  npm ci --ignore-scripts || exit 1
  # Optional packages. An engine whose package is missing prints that below.
  node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12
fi
[ -d node_modules/typescript ] && { npm run build || exit 1; }

end=$((SECONDS + seconds))

# within LIMIT COMMAND...: runs a command for at most LIMIT seconds, and not beyond the end of the script.
within() {
  local limit=$1 left=$((end - SECONDS))
  shift
  [ "$limit" -lt "$left" ] || limit=$left
  if [ "$limit" -lt 5 ]; then
    echo "left out, because the time is over: $*"
    return 124
  fi
  timeout --kill-after=5 "$limit" "$@"
  local code=$?
  [ "$code" -ne 124 ] || echo "stopped after $limit s: $*"
  return "$code"
}
bench() { within "$1" node dist/bench/main.js "${@:2}"; }
# specs LIMIT PATTERN: runs the specs whose names match the pattern.
specs() {
  within "$1" node node_modules/vitest/vitest.mjs run --testNamePattern="$2" \
    spec/lib/compute spec/lib/model spec/lib/objective spec/lib/policy
}

checked=0
echo "== webgpu"
if bench 40 train-step --engine webgpu; then
  checked=1
  specs 100 '(?<!-)webgpu'
  bench 40 peers --engine webgpu --python "$python" --device cuda --only matmul --pairs 5
  bench 100 peers --engine webgpu --python "$python" --device cuda --only update --pairs 5
  bench 60 rl-step --engine webgpu
  bench 120 peers --engine webgpu --python "$python" --device cuda --only generation --pairs 3
fi
for engine in onnx-cuda tfjs-webgpu onnx-webgpu tfjs-node-gpu; do
  echo "== $engine"
  bench 40 train-step --engine "$engine" || continue
  checked=$((checked + 1))
  bench 40 rl-step --engine "$engine"
done
specs 60 'tfjs-webgpu|onnx-webgpu|cuda|node-gpu'
echo "$checked engines checked"
[ "$checked" -gt 0 ]
