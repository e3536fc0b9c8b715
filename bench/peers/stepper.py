"""Makes one step of a trainer of TRL for each line `run` on stdin, and answers with a line of JSON on stdout."""

import json
import sys
import time

from transformers import TrainerCallback


class Stepper(TrainerCallback):
    """Waits for a line before each step, and prints the results after it. Reward functions set `tokens`."""

    tokens = 0

    def __init__(self, stdout):
        self.stdout = stdout

    def wait(self):
        line = sys.stdin.readline()
        if line == "":
            sys.exit()
        if line != "run\n":
            raise ValueError(f"stdin: found {line!r}, expected 'run'")
        self.start = time.perf_counter()

    def on_train_begin(self, *_, **__):
        self.wait()

    def on_step_end(self, *_, **__):
        seconds = time.perf_counter() - self.start
        latest = self.trainer._metrics["train"]
        report = {"seconds": seconds, "reward": latest["reward"][-1], "tokens": self.tokens}
        print(json.dumps({**report, "entropy": latest["entropy"][-1]}), file=self.stdout, flush=True)
        latest.clear()
        self.wait()
