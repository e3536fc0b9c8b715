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

tfjs=4.22.0
tensorflow=2.12.1

checkout=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(realpath --canonicalize-missing "${1:-$(mktemp -d)}")
copy=$folder/entrain
wheel=$folder/wheel
package=$copy/node_modules/@tensorflow/tfjs-node

echo "== a copy of the checkout in $copy"
mkdir -p "$copy/node_modules"
cd "$checkout"
git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$copy"
cp -r node_modules/. "$copy/node_modules"
cd "$copy"

echo "== @tensorflow/tfjs-node $tfjs, without its scripts"
# npm does not install an optional peer dependency, so it is installed here.
npm install --save-dev --ignore-scripts "@tensorflow/tfjs-node@$tfjs"

echo "== TensorFlow $tensorflow"
python3 -m pip install --quiet --no-deps --no-compile --only-binary=:all: --target "$wheel" \
  --platform manylinux2014_x86_64 --python-version 310 "tensorflow-cpu==$tensorflow"

echo "== the binding"
mkdir -p "$package/deps/lib"
ln -sfn "$wheel/tensorflow/include" "$package/deps/include"
for library in cc framework; do
  ln -sf "$wheel/tensorflow/libtensorflow_$library.so.2" "$package/deps/lib/"
done
# The linker gets these names; the binding then contains the two names above.
ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"
headers=$(node -p 'path.resolve(process.execPath, "../..")')
(cd "$package" && npx node-pre-gyp rebuild --build-latest-napi-version-only --nodedir="$headers")

# Hides the notes of TensorFlow about the processor.
export TF_CPP_MIN_LOG_LEVEL=1

echo "== the engine's specs"
npx tsc -p tsconfig.build.json
npx vitest run spec/lib/compute/engine spec/lib/model spec/lib/objective spec/lib/policy

echo "== five steps of training"
node dist/cli/main.js train --engine tfjs-node --steps 5 --prompts 4 --group 4 \
  --evaluation-prompts 4 --evaluation-samples 2 --out "$folder/run"

tensorflow=$(node -p 'require("@tensorflow/tfjs-node").backend().binding.TF_Version')
echo "node $(node --version), tfjs-node $tfjs, tensorflow $tensorflow"
