#!/usr/bin/env bash
# Runs everything that needs an NVIDIA GPU: specs and benchmarks on every GPU engine that opens, and PyTorch for comparison.
#
#     bash bench/gpu.sh [PYTHON]
#
# Needs   Node.js 20 or 22 and an NVIDIA driver; npm with its registry, unless `node_modules` and `dist` exist, which are
#         then used. For the engines: libvulkan.so.1 and GLVND, which the Vulkan driver needs (onnx-webgpu
#         and tfjs-webgpu; Debian: libvulkan1 libegl1 libgl1 libgles2 libopengl0), CUDA 12 with cuDNN 9 (onnx-cuda; for
#         CUDA 13 see docs/engines.md), CUDA 11.2 with cuDNN 8.1 (tfjs-node-gpu); for the comparison: a PYTHON that has
#         torch for CUDA and safetensors.
# Prints  the name of the GPU; why each engine opened or did not; the results of the specs, which compare every GPU engine
#         with the golden numbers; train-step, rl-step, peers and decode on each; `N engines checked`. On an H200 the specs
#         take a minute and a half, and peers more than three minutes for one engine.
set -uo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || exit 1
if [ ! -d node_modules ]; then
  npm ci --ignore-scripts || exit 1
  # Optional packages. An engine whose package is missing prints that below.
  node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12
  npm install --no-save @tensorflow/tfjs-node-gpu@4.22.0
fi
[ -d node_modules/typescript ] && { npm run build || exit 1; }

node node_modules/vitest/vitest.mjs run --testNamePattern='webgpu|cuda|node-gpu' \
  spec/lib/compute spec/lib/model spec/lib/objective spec/lib/policy

checked=0
for engine in tfjs-node-gpu onnx-cuda tfjs-webgpu onnx-webgpu; do
  echo "== $engine"
  node dist/bench/main.js train-step --engine "$engine" || continue
  checked=$((checked + 1))
  node dist/bench/main.js rl-step --engine "$engine"
  node dist/bench/main.js peers --engine "$engine" --python "$python" --device cuda
  node dist/bench/main.js decode --engine "$engine"
done
echo "$checked engines checked"
[ "$checked" -gt 0 ]
