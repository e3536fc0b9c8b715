"""Makes one step of a trainer of TRL for each line `run` on stdin, and answers with a line of JSON on stdout."""

import json
import sys
import time

from transformers import TrainerCallback
from trl import GRPOConfig


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


def grpo_config(directory, prompts, group, max_tokens, **besides):
    """Settings of a trainer: those of GRPO in entrain, without anything that is written beside the steps."""
    return GRPOConfig(
        output_dir=directory, max_steps=10**6, use_cpu=True, bf16=False, shuffle_dataset=False,
        per_device_train_batch_size=prompts * group, gradient_accumulation_steps=1, num_generations=group,
        max_completion_length=max_tokens, temperature=1.0, top_p=1.0, top_k=0,
        learning_rate=1e-4, lr_scheduler_type="constant", weight_decay=0.0, max_grad_norm=1.0,
        beta=0.0, epsilon=0.2, delta=3.0, loss_type="bnpo", scale_rewards="group", num_iterations=1,
        gradient_checkpointing=False, dataloader_pin_memory=False,
        logging_strategy="no", save_strategy="no", report_to="none", disable_tqdm=True, **besides,
    )
