"""Results of math-verify for pairs of answers: a reference for lib/reward/math.

    pip install math-verify==0.9.0
    python3 bench/reference/math_answers.py spec/golden/math-pairs.json spec/golden/gsm8k-pairs.json \\
        spec/golden/math-fresh-pairs.json > spec/golden/math-verify.json

Both texts of a pair are parsed and compared with the defaults of math-verify, the reference first. A comparison that fails or
exceeds the time limit counts as not equal.
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
    # One line for each file, because the results are not meant for reading.
    lines = [f' {json.dumps(name)}: {json.dumps(said, separators=(",", ":"))}' for name, said in verdicts.items()]
    print("{\n" + f' "version": {json.dumps(version("math-verify"))},\n' + ",\n".join(lines) + "\n}")


main(sys.argv[1:])
