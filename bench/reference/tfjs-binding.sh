# Parts of tfjs-node.sh and tfjs-node-gpu.sh. Each of them sets package (the npm package), tfjs (its version), tensorflow (the
# version of the wheel), and folder (a new or empty folder), and includes this file from a checkout.

checkout=$(cd "$(dirname "$0")/../.." && pwd)
copy=$folder/entrain
wheel=$folder/wheel
installed=$copy/node_modules/$package

# Copies this checkout with its node_modules, and installs the package without its scripts. npm does not install an optional
# peer dependency, so it is installed here.
copy_checkout() {
  echo "== a copy of the checkout in $copy, with $package $tfjs"
  mkdir -p "$copy/node_modules"
  (cd "$checkout" && git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$copy")
  cp -r "$checkout/node_modules/." "$copy/node_modules"
  cd "$copy"
  npm install --save-dev --ignore-scripts --no-audit --no-fund "$package@$tfjs"
}

# Unpacks Python packages for Linux on x86_64. No Python runs them.
unpack_wheels() {
  python3 -m pip install --quiet --no-deps --no-compile --only-binary=:all: --target "$wheel" \
    --platform manylinux2014_x86_64 --platform manylinux_2_27_x86_64 --python-version 310 "$@"
}

# Compiles the binding against the headers and the libraries of the wheel. The libraries stay beside the other packages of
# the wheel, where they look for CUDA.
build_binding() {
  echo "== the binding, against TensorFlow $tensorflow"
  mkdir -p "$installed/deps"
  ln -sfn "$wheel/tensorflow/include" "$installed/deps/include"
  ln -sfn "$wheel/tensorflow" "$installed/deps/lib"
  # The linker gets these names; the binding then contains the names with .so.2.
  ln -sf libtensorflow_cc.so.2 "$wheel/tensorflow/libtensorflow.so"
  ln -sf libtensorflow_framework.so.2 "$wheel/tensorflow/libtensorflow_framework.so"
  local headers
  headers=$(node -p 'path.resolve(process.execPath, "../..")')
  (cd "$installed" && npx node-pre-gyp rebuild --build-latest-napi-version-only --nodedir="$headers")
}

# Prints the versions of a run.
print_versions() {
  echo "node $(node --version), $package $tfjs, tensorflow $(node -p "require('$package').backend().binding.TF_Version")"
}
