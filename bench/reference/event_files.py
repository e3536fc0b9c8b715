"""Checks that TensorBoard reads the event file of a run with the numbers of its metrics.jsonl.

    npm run build && node dist/cli/main.js train --tensorboard true --out FOLDER
    pip install tensorboard==2.21.0 && python3 bench/reference/event_files.py FOLDER

Reads the folder as the server of TensorBoard does, compares every scalar of every step, rounded to float32, and prints their
number. Fails if a scalar differs, is missing, or is not in the metrics.
"""

import json
import sys
from pathlib import Path

import numpy
from tensorboard.backend.event_processing.plugin_event_accumulator import TENSORS, EventAccumulator
from tensorboard.util import tensor_util


def scalars(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from scalars(value, f"{prefix}{name}/")
        elif isinstance(value, (int, float)):
            yield prefix + name, value


folder = Path(sys.argv[1])
lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
expected = {
    (tag, line["step"]): numpy.float32(value) for line in lines for tag, value in scalars(line) if tag != "step"
}

events = EventAccumulator(str(folder), size_guidance={TENSORS: 0})
events.Reload()
found = {
    (tag, event.step): tensor_util.make_ndarray(event.tensor_proto).item()
    for tag in events.Tags()[TENSORS]
    for event in events.Tensors(tag)
}

plugins = {events.SummaryMetadata(tag).plugin_data.plugin_name for tag in events.Tags()[TENSORS]}
assert plugins == {"scalars"}, f"found tags of {plugins}, expected scalars"
assert found.keys() == expected.keys(), f"in one of both only: {sorted(found.keys() ^ expected.keys())[:5]}"
for key, value in expected.items():
    assert found[key] == value, f"{key}: found {found[key]}, expected {value}"
print(f"{len(lines)} steps, {len(expected)} scalars under {len({tag for tag, _ in expected})} tags: the same in both")
