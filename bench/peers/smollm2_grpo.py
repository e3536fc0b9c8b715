"""Trains LoRA adapters of SmolLM2-135M in TRL's GRPOTrainer with PEFT, one step for each line on stdin, on two CPU threads.

    pip install torch transformers accelerate gguf peft trl
    python smollm2_grpo.py MODEL.gguf INPUT

INPUT is a JSON file with `texts` of prompts, which are used in order, the numbers of `prompts` and completions (`group`) of a
step, `maxTokens`, and `lora`. Completions do not end early. The reward of a completion is its share of the letter e.
Results and settings are those of grpo.py.
"""

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoTokenizer
from trl import GRPOTrainer

from smollm2 import load
from stepper import Stepper, grpo_config


def main(path, input_path):
    torch.set_num_threads(2)
    stepper = Stepper(sys.stdout)
    with open(input_path) as file:
        given = json.load(file)
    file, lora = Path(path), given["lora"]

    def reward(completions, completion_ids, **_):
        stepper.tokens = sum(map(len, completion_ids))
        return [text.count("e") / max(1, len(text)) for text in completions]

    with redirect_stdout(sys.stderr), TemporaryDirectory() as directory:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
        stepper.trainer = GRPOTrainer(
            model=load(path),
            reward_funcs=reward,
            processing_class=tokenizer,
            train_dataset=Dataset.from_list([{"prompt": text} for text in given["texts"]]),
            callbacks=[stepper],
            peft_config=LoraConfig(
                r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targets"], task_type="CAUSAL_LM"
            ),
            args=grpo_config(
                directory, given["prompts"], given["group"], given["maxTokens"],
                generation_kwargs={"min_new_tokens": given["maxTokens"]},
            ),
        )
        stepper.trainer.train()


if __name__ == "__main__":
    main(*sys.argv[1:])
