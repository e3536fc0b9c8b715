#!/usr/bin/env bash
# Runs the engine `tfjs-node` on the real binding of @tensorflow/tfjs-node, built from source.
#
#     npm ci && bash bench/reference/tfjs-node.sh [FOLDER]
#
# The install script of the package downloads libtensorflow and a built binding, which some networks block. This script
# needs only npm and PyPI: libtensorflow_cc.so.2 of TensorFlow's wheel has the same C interface, and the binding is
# compiled against it. 2.12 is the first wheel whose library does not need Python.
#
# Needs   Linux on x86_64, g++, make, python3 with pip, Node.js 20 or 22 with its headers beside it, 3 GB of disk.
# Makes   in FOLDER (new or empty; a temporary one by default): entrain, a copy of this checkout with the binding; wheel,
#         TensorFlow; run, a training run. The checkout does not change.
# Prints  the specs that run on every engine; five training steps; the versions.
set -euo pipefail

package=@tensorflow/tfjs-node
tfjs=4.22.0
tensorflow=2.12.1
folder=$(realpath --canonicalize-missing "${1:-$(mktemp -d)}")
. "$(dirname "$0")/tfjs-binding.sh"

copy_checkout
unpack_wheels "tensorflow-cpu==$tensorflow"
build_binding

# Hides the notes of TensorFlow about the processor.
export TF_CPP_MIN_LOG_LEVEL=1

echo "== the engine's specs"
npx tsc -p tsconfig.build.json
npx vitest run spec/lib/compute/engine spec/lib/model spec/lib/objective spec/lib/policy

echo "== five steps of training"
node dist/cli/main.js train --engine tfjs-node --steps 5 --prompts 4 --group 4 \
  --evaluation-prompts 4 --evaluation-samples 2 --out "$folder/run"

print_versions
