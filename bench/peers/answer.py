"""Makes one measured run for each line on stdin, and answers with a line of JSON on stdout."""

import json
import sys
import time


def answer(run):
    """run() returns the numbers that are printed besides its seconds."""
    for _ in sys.stdin:
        start = time.perf_counter()
        found = run()
        print(json.dumps({"seconds": time.perf_counter() - start, **found}), flush=True)
