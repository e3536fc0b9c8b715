#!/usr/bin/env bash
# Runs the engine `tfjs-node-gpu` on the real package @tensorflow/tfjs-node-gpu, with CUDA 12.
#
#     npm ci && bash bench/reference/tfjs-node-gpu.sh [FOLDER]
#
# The libtensorflow that the package downloads is for CUDA 11.2, which knows no card after 2021. TensorFlow's wheel for
# Linux carries one for CUDA 12 with the same C interface, and the binding is compiled from source against it. It looks for
# CUDA and cuDNN in the packages nvidia-* beside the wheel, and loads without them too.
#
# Where nvidia-smi lists a GPU, the script unpacks those packages too (2.5 GB) and computes on the GPU. Elsewhere it hides
# the GPUs with CUDA_VISIBLE_DEVICES=-1, and the engine computes on the CPU.
#
# Needs   Linux on x86_64, g++, make, python3 with pip, Node.js 20 or 22 with its headers beside it, 4 GB of disk (7 with
#         CUDA); for the GPU an NVIDIA driver of CUDA 12.
# Makes   in FOLDER (new or empty; a temporary one by default): entrain, a copy of this checkout with the binding; wheel,
#         TensorFlow; run, a training run. The checkout does not change.
# Prints  the specs that run on every engine, on this one; five steps of the default job; the versions and the device.
set -euo pipefail

package=@tensorflow/tfjs-node-gpu
tfjs=4.22.0
tensorflow=2.20.0
folder=$(realpath --canonicalize-missing "${1:-$(mktemp -d)}")
. "$(dirname "$0")/tfjs-binding.sh"

copy_checkout
unpack_wheels "tensorflow==$tensorflow"
if nvidia-smi --list-gpus; then
  # The versions of CUDA and cuDNN that this wheel was built with.
  sed --silent --regexp-extended 's/^Requires-Dist: ([^;]*); extra == "and-cuda"$/\1/p' \
    "$wheel/tensorflow-$tensorflow.dist-info/METADATA" >"$folder/cuda.txt"
  unpack_wheels --requirement "$folder/cuda.txt"
  # By default TensorFlow takes all memory of the card, and the specs open several engines.
  export TF_FORCE_GPU_ALLOW_GROWTH=true
else
  export CUDA_VISIBLE_DEVICES=-1
fi
build_binding

# Hides the notes of TensorFlow about the processor and the driver.
export TF_CPP_MIN_LOG_LEVEL=1

echo "== the engine's specs"
npx tsc -p tsconfig.build.json
npx vitest run spec/lib/compute spec/lib/model spec/lib/objective spec/lib/policy -t tfjs-node-gpu

echo "== five steps of the default job"
node dist/cli/main.js train --engine tfjs-node-gpu --steps 5 --evaluation-prompts 16 --evaluation-samples 2 --out "$folder/run"

print_versions
echo "computes on the $(node -p "require('$package').backend().isUsingGpuDevice ? 'GPU' : 'CPU'")"
