"""Checks that models keep their values through this library: transformers writes a folder, the library reads it and writes
another, and transformers loads that. The logits of both, and the fields of both configurations, must be the same.

    npm run build && pip install torch transformers peft && python bench/reference/round_trip.py [FOLDER or FILE.gguf ...]

Without arguments it makes tiny models of five families, each in float64, float32, float16 and bfloat16, in one file and in shards. It
also makes adapters for each: PEFT writes them, the library reads and writes them, and PEFT loads them.
With arguments it uses existing models (transformers loads a GGUF file with the package gguf).
Prints the largest difference of each model; fails if one is above 1e-4.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM, SmolLM3Config, SmolLM3ForCausalLM

torch.set_grad_enabled(False)
root = Path(__file__).parents[2]
WRITE = """
import { readModel, writeHuggingFace } from 'entrain/node'
const [from, to, options] = process.argv.slice(1)
const right = async (step) => {
  const result = await step()
  if (result._tag === 'Left') throw result.left
  return result.right
}
await right(writeHuggingFace(to, await right(readModel(from)), JSON.parse(options)))
"""

ADAPTERS = """
import { readAdapters, readModel, writeAdapters } from 'entrain/node'
const [model, from, to] = process.argv.slice(1)
const right = async (step) => {
  const result = await step()
  if (result._tag === 'Left') throw result.left
  return result.right
}
const { config } = await right(readModel(model))
await right(writeAdapters(to, await right(readAdapters(from, config)), model))
"""


def rewritten(folder, target, **options):
    subprocess.run(["node", "--input-type=module", "-e", WRITE, "--", str(folder), str(target), json.dumps(options)],
                   cwd=root, check=True)
    return AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)


def original(folder):
    if folder.suffix == ".gguf":
        return AutoModelForCausalLM.from_pretrained(folder.parent, gguf_file=folder.name, dtype=torch.float32)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def compared(name, folder, target, **options):
    ours, theirs = rewritten(folder, target, **options), original(folder)
    tokens = torch.arange(24).reshape(2, 12) * 7 % theirs.config.vocab_size
    off = (ours(tokens).logits - theirs(tokens).logits).abs().max().item()
    print(f"{name}: logits within {off:.1e}")
    assert off <= 1e-4, name
    if "source" in options:
        read = lambda at: json.loads((Path(at) / "config.json").read_text())
        # Numbers of 64 bits are written with 32.
        written = {**read(folder), "dtype": read(folder)["dtype"].replace("float64", "float32")}
        assert written == read(target), f"{name}: config.json differs"


def compared_adapters(name, folder):
    base = lambda: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = LoraConfig(r=3, lora_alpha=7, target_modules=["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"])
    adapted = get_peft_model(base(), config).eval()
    for key, weight in adapted.named_parameters():
        if "lora_" in key:
            weight.add_(torch.randn_like(weight) / 2)
    theirs, ours = f"{folder} adapter", f"{folder} adapter again"
    adapted.save_pretrained(theirs)
    subprocess.run(["node", "--input-type=module", "-e", ADAPTERS, "--", str(folder), theirs, ours], cwd=root, check=True)
    tokens = torch.arange(24).reshape(2, 12) * 7 % adapted.config.vocab_size
    expected, plain = adapted(tokens).logits, base()(tokens).logits
    off = (PeftModel.from_pretrained(base(), ours).eval()(tokens).logits - expected).abs().max().item()
    print(f"{name}, adapters: logits within {off:.1e}, {(plain - expected).abs().max().item():.1e} from the model without")
    assert off <= 1e-4, name


sizes = dict(vocab_size=50, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=24)
llama3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)
tiny = {
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**sizes, hidden_size=20, head_dim=6, tie_word_embeddings=True)),
    "qwen2.5": lambda: Qwen2ForCausalLM(Qwen2Config(**sizes, hidden_size=16, tie_word_embeddings=True)),
    "llama3": lambda: LlamaForCausalLM(LlamaConfig(
        **sizes, hidden_size=32, max_position_embeddings=512, tie_word_embeddings=False, rope_theta=100.0,
        rope_scaling=llama3)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(
        **sizes, hidden_size=20, head_dim=6, sliding_window=None, tie_word_embeddings=False)),
    "smollm3": lambda: SmolLM3ForCausalLM(SmolLM3Config(
        **sizes, hidden_size=16, rope_theta=100.0, no_rope_layers=[0, 1], tie_word_embeddings=True, pad_token_id=None,
        bos_token_id=None, eos_token_id=None)),
}

with tempfile.TemporaryDirectory() as folder:
    for number, argument in enumerate(sys.argv[1:]):
        compared(argument, Path(argument).absolute(), Path(folder) / str(number))
    for name, make in {} if sys.argv[1:] else tiny.items():
        torch.manual_seed(1)
        model = make()
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) / 4)
        for dtype in [torch.float64, torch.float32, torch.float16, torch.bfloat16]:
            for shard in ["1GB", "4KB"]:
                here = f"{name} {str(dtype)[6:]}{' in shards' if shard == '4KB' else ''}"
                source = Path(folder) / here
                model.to(dtype).save_pretrained(source, max_shard_size=shard)
                compared(here, source, f"{source} again", source=str(source))
                compared(f"{here}, without its source", source, f"{source} alone", shardBytes=4096)
                if dtype == torch.float32:
                    compared_adapters(here, source)
