#!/bin/bash
# Installs, starts and stops SkyRL tx, a Tinker-compatible service on JAX, on the processor.
#
#   bench/remote/skyrl.sh install
#   bench/remote/skyrl.sh start MODEL [PORT]     [8123]
#   bench/remote/skyrl.sh stop
#
# MODEL is a Hugging Face folder with a tokenizer. The service keeps what it has saved in the folder skyrl-state, so that a run
# can be resumed after a restart. server.sh has the environment variables. Exit code 3: skipped, because Python or the package
# is absent.
set -u
. "$(dirname "$0")/server.sh"

venv=$servers/skyrl

install() {
  make_venv "$venv" 'skyrl-tx==0.3.0' 'jax<0.11' 'flax>=0.12.2' optax 'fastapi[standard]' sqlmodel \
    'sqlalchemy[asyncio]' aiosqlite asyncpg psycopg2-binary
  # The service starts its engine with `uv run OPTIONS -m MODULE …`. This uv runs the module in the environment that exists.
  cat >"$venv/bin/uv" <<'UV'
#!/bin/bash
while [ $# -gt 0 ] && [ "$1" != -m ]; do shift; done
exec "$(dirname "$0")/python" "$@"
UV
  chmod +x "$venv/bin/uv"
}

start() {
  local model
  model=$(model_folder "$1") || exit 2
  [ -x "$venv/bin/uv" ] || skip "found no SkyRL tx in $venv; run: bench/remote/skyrl.sh install"
  local state=$servers/skyrl-state
  mkdir -p "$state"
  PATH=$venv/bin:$PATH JAX_PLATFORMS=cpu HF_HUB_OFFLINE=1 \
    start_server skyrl "${2:-8123}" /api/v1/healthz \
    "$venv/bin/python" -m tx.tinker.api --base-model "$model" --database-url "sqlite:///$state/tinker.db" \
    --checkpoints-base "$state/checkpoints" --backend-config '{"max_lora_adapters":4,"max_lora_rank":8}' \
    --host 127.0.0.1 --port "${2:-8123}"
}

case "${1:-}" in
  install) install ;;
  start) start "${2:-}" "${3:-8123}" ;;
  stop) stop_server skyrl ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
