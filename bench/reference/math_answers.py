"""What math-verify says of pairs of answers: a reference for lib/reward/math.

    pip install math-verify==0.9.0
    python3 bench/reference/math_answers.py spec/golden/math-pairs.json spec/golden/gsm8k-pairs.json > spec/golden/math-verify.json

Both texts of a pair are parsed as math-verify does by default, and compared as it does by default: the reference first.
A comparison that fails, or takes longer than its own limit, is a no.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from math_verify import parse, verify


def verdict(pair):
    return verify(parse(pair["gold"]), parse(pair["answer"]))


def main(paths):
    verdicts = {Path(path).stem: [verdict(pair) for pair in json.loads(Path(path).read_text())] for path in paths}
    # A line per file: there is nothing in it to read by eye.
    lines = [f' {json.dumps(name)}: {json.dumps(said, separators=(",", ":"))}' for name, said in verdicts.items()]
    print("{\n" + f' "version": {json.dumps(version("math-verify"))},\n' + ",\n".join(lines) + "\n}")


main(sys.argv[1:])
