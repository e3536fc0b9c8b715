"""Every line on stdin asks for one measured run; its answer is a line of JSON on stdout."""

import json
import sys
import time


def answer(run):
    """run() -> what is told besides the seconds it took."""
    for _ in sys.stdin:
        start = time.perf_counter()
        found = run()
        print(json.dumps({"seconds": time.perf_counter() - start, **found}), flush=True)
