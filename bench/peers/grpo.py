"""Runs the default job of entrain in TRL's GRPOTrainer, one step for each line on stdin, on two CPU threads.

    pip install torch transformers trl && python bench/peers/grpo.py CHECKPOINT PROMPTS.json

PROMPTS.json is a list of at least 32 prompts {"text": "3 5 7=56:", "reference": "3 5 7=56"}, which are used in order.
Each line `run` on stdin makes one step (rollouts, reward, update) and prints one line of JSON:

    {"seconds": 1.23, "reward": -0.4, "tokens": 1830, "entropy": 0.61}

seconds: from the line to the end of the update, with loading the prompts; tokens: of the completions, with their end tokens;
entropy: of the sampling policy, in nats per token.

Settings are chosen for speed (TRL 1.16, transformers 5.24, torch 2.13): eager attention (faster than sdpa at this size), one
micro-batch of 256, and the dynamic cache. Continuous batching is not used, because it is ten times as slow here; torch_compile
is not used, because it gains only 5% after tens of seconds of compiling. Nothing is logged or saved, and there is no reference
model.
"""

import ast
import json
import re
import sys
from contextlib import redirect_stdout
from fractions import Fraction
from operator import add, mul, sub, truediv
from tempfile import TemporaryDirectory

import torch
from datasets import Dataset
from safetensors import safe_open
from safetensors.torch import load_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from trl import GRPOTrainer

from stepper import Stepper, grpo_config

ALPHABET = "0123456789+-*/()= :"
END = "<end>"
PROMPTS, GROUP, MAX_TOKENS = 32, 8, 12
OPERATIONS = {ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv}


def tokenizer_of_characters():
    """Id 0 ends a completion and pads, character i of the alphabet is id i + 1."""
    vocabulary = {piece: i for i, piece in enumerate([END, *ALPHABET])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=END))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)


def decoder_of(path):
    with safe_open(path, "pt") as file:
        sizes = json.loads(file.metadata()["decoder"])
    config = Qwen3Config(
        vocab_size=sizes["vocabulary"], hidden_size=sizes["width"], num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"], num_key_value_heads=sizes["kvHeads"], head_dim=sizes["headWidth"],
        intermediate_size=sizes["feedForward"], rms_norm_eps=sizes["normEpsilon"], tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": float(sizes["ropeTheta"])}, attention_bias=False,
        max_position_embeddings=64, attn_implementation="eager", bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )
    model = Qwen3ForCausalLM(config)
    missing = model.load_state_dict(load_file(path), strict=False)
    if missing.unexpected_keys or set(missing.missing_keys) - {"lm_head.weight"}:
        raise ValueError(f"{path}: found {missing}, expected the weights of Qwen3 with a tied head")
    return model


def value_of(node):
    """Exact value of an expression. Raises LookupError or TypeError except for whole numbers under + - * /."""
    if isinstance(node, ast.Constant):
        return Fraction(node.value)
    if not isinstance(node, ast.BinOp):
        raise TypeError(type(node))
    return OPERATIONS[type(node.op)](value_of(node.left), value_of(node.right))


def solves(text, reference):
    """Whether each number is used once and the target is reached exactly, as in lib/task/countdown/verify.ts."""
    numbers, target = reference.split("=")
    if sorted(map(int, re.findall(r"\d+", text))) != sorted(map(int, numbers.split())) or re.search("[ =:]", text):
        return False
    try:
        # Python rejects leading zeros, which entrain accepts.
        return value_of(ast.parse(re.sub(r"\d+", lambda n: str(int(n[0])), text), mode="eval").body) == int(target)
    except (SyntaxError, LookupError, TypeError, ZeroDivisionError):
        return False


def main(checkpoint, prompts):
    torch.set_num_threads(2)
    stepper = Stepper(sys.stdout)

    def reward(completions, completion_ids, reference, **_):
        stepper.tokens = sum(map(len, completion_ids))
        ended = (ids[-1] == 0 for ids in completion_ids)
        return [1.0 if end and solves(*pair) else -1.0 for end, *pair in zip(ended, completions, reference)]

    with open(prompts) as file, redirect_stdout(sys.stderr), TemporaryDirectory() as directory:
        rows = [{"prompt": each["text"], "reference": each["reference"]} for each in json.load(file)]
        stepper.trainer = GRPOTrainer(
            model=decoder_of(checkpoint),
            reward_funcs=reward,
            processing_class=tokenizer_of_characters(),
            train_dataset=Dataset.from_list(rows),
            callbacks=[stepper],
            args=grpo_config(directory, PROMPTS, GROUP, MAX_TOKENS),
        )
        stepper.trainer.train()


if __name__ == "__main__":
    main(*sys.argv[1:])
