#!/usr/bin/env bash
# Everything that wants an NVIDIA GPU, in one call: specs and benchmarks on every GPU engine that opens, PyTorch beside.
#
#     bash bench/gpu.sh [PYTHON]
#
# Needs   Node.js 20 or 22, npm with its registry, an NVIDIA driver; for the engines: libvulkan.so.1 (onnx-webgpu and
#         tfjs-webgpu), CUDA 12 with cuDNN 9 (onnx-cuda), CUDA 11.2 with cuDNN 8.1 (tfjs-node-gpu); for the comparison:
#         a PYTHON that has torch for CUDA and safetensors.
# Prints  the card; why each engine opened or did not; the specs, which hold every engine that opens to the same golden
#         numbers; train-step, decode and peers on each; `N engines checked`.
set -uo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || exit 1
npm ci || exit 1
# Optional parts, which download what they need; an engine whose part is missing says so below.
npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12
npm install --no-save --ignore-scripts=false @tensorflow/tfjs-node-gpu@4.22.0
npm run build || exit 1

npx vitest run spec/lib/compute spec/lib/model spec/lib/objective spec/lib/policy

checked=0
for engine in tfjs-node-gpu onnx-cuda onnx-webgpu tfjs-webgpu; do
  echo "== $engine"
  node dist/bench/main.js train-step --engine "$engine" || continue
  checked=$((checked + 1))
  node dist/bench/main.js decode --engine "$engine"
  node dist/bench/main.js peers --engine "$engine" --python "$python" --device cuda
done
echo "$checked engines checked"
[ "$checked" -gt 0 ]
