"""Tiny checkpoints written by other programs, and the values that other programs read from them.

    pip install torch transformers accelerate gguf && python bench/reference/checkpoints.py

Writes into spec/golden/checkpoints:

    sharded-bf16/   a Qwen2.5 with tied head, saved by transformers in bfloat16, in shards
    llama.gguf      a Llama with all block types, its queries and keys in the order of llama.cpp's converter
    llama3.gguf     a Llama of the same shape with the RoPE scaling of Llama 3, which GGUF stores as a tensor of factors
    qwen3.gguf      a Qwen3 with tied head; each .gguf has a tokenizer of its family with eight tokens
    smollm3.gguf    a SmolLM3 of four layers, of which the last does not rotate
    mistral.gguf    a Mistral, whose architecture in llama.cpp is "llama"; its embedding is stored with 64 bits
    values.json     at most 48 evenly spaced numbers of each weight that transformers reads; for llama3.gguf, whose
                    factors transformers ignores, the scaled frequencies; for smollm3.gguf and mistral.gguf, which
                    transformers does not read, the numbers that were stored

Weights are random (torch, seed 1). The package gguf quantises and writes the GGUF files; transformers reads them with its own
loader.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import dequantize, quantize
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM, SmolLM3Config, SmolLM3ForCausalLM

torch.set_grad_enabled(False)
torch.manual_seed(1)
folder = Path(__file__).parents[2] / "spec/golden/checkpoints"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()


def spread(tensor):
    flat = tensor.float().flatten().tolist()
    count = min(48, len(flat))
    return [flat[i * (len(flat) - 1) // max(1, count - 1)] for i in range(count)]


def values(model, tied):
    return {name: {"shape": list(weight.shape), "values": spread(weight)}
            for name, weight in model.state_dict().items() if not (tied and name == "lm_head.weight")}


read = {}
qwen2 = Qwen2ForCausalLM(Qwen2Config(
    vocab_size=12, hidden_size=16, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, intermediate_size=12,
    rope_theta=1_000_000.0, tie_word_embeddings=True)).bfloat16()
for name, weight in qwen2.named_parameters():
    if name.endswith("bias"):
        weight.copy_(torch.randn_like(weight) / 8)
qwen2.save_pretrained(folder / "sharded-bf16", max_shard_size="2KB")
read["sharded-bf16"] = values(qwen2, tied=True)

sizes = dict(vocab_size=8, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
             intermediate_size=32, rms_norm_eps=1e-5)
names = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
types = {"attn_q": "Q4_0", "attn_k": "Q8_0", "attn_v": "F16", "attn_output": "Q4_1", "ffn_gate": "BF16",
         "ffn_up": "Q4_0", "ffn_down": "Q8_0", "token_embd": "Q8_0", "output": "Q4_1"}


CHAT = "{% for message in messages %}{{ message.content }}{{ eos_token }}{% endfor %}"


def gguf_name(name):
    part, kind = name.rsplit(".", 1)
    if part.startswith("model.layers."):
        _, _, layer, part = part.split(".", 3)
        return f"blk.{layer}.{names[part]}.{kind}"
    return f"{names[part]}.{kind}"


def neighbours(weight, heads):
    """Orders the rows of queries and keys as llama.cpp does, which rotates neighbouring rows."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


NEIGHBOURS = ["llama", "smollm3"]


def write(name, architecture, pre, model, factors=None, doubles=()):
    config = model.config
    head_width = config.hidden_size // config.num_attention_heads
    writer = GGUFWriter(folder / f"{name}.gguf", architecture)
    writer.add_context_length(64)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_width)
    writer.add_value_length(head_width)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(["a", "b", "ab", "Ġ", "1", "11", "<think>", "<|im_end|>"])
    writer.add_token_types([1, 1, 1, 1, 1, 1, 4, 3])
    writer.add_token_merges(["a b", "1 1"])
    writer.add_eos_token_id(7)
    writer.add_chat_template(CHAT)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", factors.numpy())
    for weight_name, weight in model.state_dict().items():
        if config.tie_word_embeddings and weight_name == "lm_head.weight":
            continue
        data = weight.float().numpy()
        if architecture in NEIGHBOURS and "q_proj" in weight_name:
            data = neighbours(data, config.num_attention_heads)
        if architecture in NEIGHBOURS and "k_proj" in weight_name:
            data = neighbours(data, config.num_key_value_heads)
        name_there = gguf_name(weight_name)
        if name_there in doubles:
            writer.add_tensor(name_there, data.astype(np.float64))
            continue
        kind = GGMLQuantizationType[types.get(name_there.split(".")[-2], "F32")]
        writer.add_tensor(name_there, quantize(np.ascontiguousarray(data), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def spoken(model):
    for name, weight in model.named_parameters():
        weight.copy_((1 if "norm" in name else 0) + torch.randn_like(weight) / 8)
    return model.eval()


def loaded(name, config):
    """Adds the head width to the configuration, because transformers does not read it from the file."""
    return AutoModelForCausalLM.from_pretrained(folder, gguf_file=f"{name}.gguf", config=config, dtype=torch.float32)


llama = spoken(LlamaForCausalLM(LlamaConfig(**sizes, rope_theta=10_000.0, tie_word_embeddings=False)))
write("llama", "llama", "smollm", llama)
read["llama.gguf"] = values(loaded("llama", llama.config), tied=False)

qwen3 = spoken(Qwen3ForCausalLM(Qwen3Config(**sizes, rope_theta=1_000_000.0, tie_word_embeddings=True)))
write("qwen3", "qwen3", "qwen2", qwen3)
read["qwen3.gguf"] = values(loaded("qwen3", qwen3.config), tied=True)

llama3 = spoken(LlamaForCausalLM(LlamaConfig(
    **sizes, max_position_embeddings=131_072, tie_word_embeddings=True, rope_theta=500_000.0,
    rope_scaling=dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
                      original_max_position_embeddings=8192))))
scaled = llama3.model.rotary_emb.inv_freq
plain = 1.0 / (500_000.0 ** (torch.arange(0, 8, 2).float() / 8))
write("llama3", "llama", "llama-bpe", llama3, plain / scaled)
read["llama3.gguf"] = {"frequencies": scaled.tolist()}

smollm3 = spoken(SmolLM3ForCausalLM(SmolLM3Config(
    **{**sizes, "num_hidden_layers": 4, "vocab_size": 8}, rope_theta=5_000_000.0, tie_word_embeddings=True,
    pad_token_id=None, bos_token_id=None, eos_token_id=None)))
write("smollm3", "smollm3", "smaug-bpe", smollm3)


def stored(model, doubles=()):
    found = values(model, tied=model.config.tie_word_embeddings)
    for name, weight in model.state_dict().items():
        kind = GGMLQuantizationType[types.get(gguf_name(name).split(".")[-2], "F32")]
        if name in found and gguf_name(name) not in doubles:
            found[name]["values"] = spread(torch.tensor(dequantize(quantize(weight.numpy(), kind), kind)))
    return found


read["smollm3.gguf"] = stored(smollm3)

mistral = spoken(MistralForCausalLM(MistralConfig(
    **sizes, sliding_window=None, rope_theta=1_000_000.0, tie_word_embeddings=False)))
write("mistral", "llama", "smollm", mistral, doubles=["token_embd.weight"])
read["mistral.gguf"] = stored(mistral, doubles=["token_embd.weight"])

(folder / "values.json").write_text(json.dumps({
    "made_with": f"bench/reference/checkpoints.py, torch {torch.__version__.split('+')[0]}, "
                 f"transformers {__import__('transformers').__version__}",
    **read,
}) + "\n")
