# Functions of vllm.sh and skyrl.sh: a virtual environment, a server in the background, and its end.
# Both scripts need Python 3.10 or newer and a package index. Neither is part of `npm ci` or of `npm test`.
#
#   ENTRAIN_SERVERS   folder of the virtual environments, logs and process ids   [.servers]
#   PYTHON            interpreter that makes the virtual environments            [python3]

servers=$(realpath -m "${ENTRAIN_SERVERS:-.servers}")
python=${PYTHON:-python3}

# Leaves with code 3, which callers read as "skipped".
skip() {
  echo "skipped: $1" >&2
  exit 3
}

require_python() {
  "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    skip "found no Python >= 3.10 as '$python'; set PYTHON to its path"
}

# model_folder FOLDER: prints its whole path, by which servers name the model.
model_folder() {
  if [ ! -e "$1/config.json" ]; then
    echo "MODEL: found no config.json in '$1', expected a Hugging Face folder" >&2
    return 1
  fi
  realpath "$1"
}

# make_venv FOLDER PACKAGE…
make_venv() {
  local folder=$1
  shift
  require_python
  "$python" -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" || skip "pip could not install $*"
}

# start_server NAME PORT PATH COMMAND…: waits until http://127.0.0.1:PORT/PATH answers 200.
start_server() {
  local name=$1 port=$2 path=$3
  shift 3
  local log=$servers/$name.log pid=$servers/$name.pid
  if [ -e "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; then
    echo "found $name running as process $(cat "$pid"); stop it first" >&2
    exit 1
  fi
  # A session of its own, because the servers start children that have to end with them.
  setsid "$@" >"$log" 2>&1 </dev/null &
  echo $! >"$pid"
  for _ in $(seq "${START_SECONDS:-600}"); do
    if curl --silent --fail --noproxy '*' --output /dev/null "http://127.0.0.1:$port$path"; then
      echo "$name answers at http://127.0.0.1:$port (process $(cat "$pid"), log $log)"
      return
    fi
    if ! kill -0 "$(cat "$pid")" 2>/dev/null; then
      tail -n 30 "$log" >&2
      echo "$name ended before it answered; log $log" >&2
      exit 1
    fi
    sleep 1
  done
  echo "$name did not answer within ${START_SECONDS:-600} seconds; log $log" >&2
  stop_server "$name"
  exit 1
}

stop_server() {
  local pid=$servers/$1.pid
  [ -e "$pid" ] || return 0
  local group
  group=$(cat "$pid")
  kill -- "-$group" 2>/dev/null
  for _ in $(seq 20); do
    kill -0 -- "-$group" 2>/dev/null || break
    sleep 0.5
  done
  kill -KILL -- "-$group" 2>/dev/null
  rm "$pid"
}
