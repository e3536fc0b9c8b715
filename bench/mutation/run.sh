#!/usr/bin/env bash
# Mutation testing: changes the code of a folder in one place, and runs the specs of that folder. A change that no spec notices survives.
#
#     npm ci && npm run build && bash bench/mutation/run.sh FOLDER [ROOM...]
#
# Needs   network for the packages of Stryker (https://stryker-mutator.io), which the project does not depend on.
# Makes   in FOLDER (new, or that of an earlier call): entrain, a copy of this checkout with Stryker; ROOM.json, the changes and
#         their fate. The checkout does not change.
# Prints  the score of each room, and the changes that survived. The score is the share of the changes that a spec noticed.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(realpath --canonicalize-missing "${1:?expected a folder for the copy of the checkout}")
copy=$folder/entrain
shift
rooms=("$@")
[ ${#rooms[@]} -gt 0 ] || rooms=(lib/advantage lib/entropy lib/objective operators)

mkdir -p "$copy/node_modules"
(cd "$checkout" && git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$copy")
cd "$copy"
if [ ! -d node_modules/@stryker-mutator/vitest-runner ]; then
  cp -r "$checkout/node_modules/." node_modules
  npm install --save-dev --ignore-scripts --no-audit --no-fund @stryker-mutator/core@9.6.1 @stryker-mutator/vitest-runner@9.6.1
fi

reports=()
for room in "${rooms[@]}"; do
  name=${room//\//-}
  ROOM=$room npx stryker run bench/mutation/stryker.config.json --mutate "$room/**/*.ts"
  mv mutation.json "$folder/$name.json"
  reports+=("$folder/$name.json")
done
node "$checkout/dist/bench/mutation/report.js" "${reports[@]}"
