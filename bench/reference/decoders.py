"""Reference logits of tiny decoders of five families by transformers, in float32.

    pip install torch transformers && python bench/reference/decoders.py

Writes spec/golden/decoders/NAME.json: the config.json of transformers, token rows of different lengths, and the logits at every
token. The logits are computed in three ways: the batch padded on the right, the batch padded on the left, and with a cache (the
prompts first, then one token at a time). It also holds the gradient of the negative log-likelihood of all tokens after the
prompts; each gradient g is stored as two numbers: sum g^2 and sum g_i cos i.

Weights follow a formula, so that they need not be stored: element i of the n-th weight is 0.2 sin(1 + n + 0.7 i); norms add 1.
The order of weights is NAMES below; a model uses the weights that it has.
"""

import json
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers import Qwen3Config, Qwen3ForCausalLM, SmolLM3Config, SmolLM3ForCausalLM

sizes = dict(vocab_size=13, num_hidden_layers=2, hidden_act="silu", use_cache=True, max_position_embeddings=128)
models = {
    "qwen3": Qwen3ForCausalLM(Qwen3Config(
        **sizes, hidden_size=12, num_attention_heads=4, num_key_value_heads=2, head_dim=6, intermediate_size=10,
        rms_norm_eps=1e-6, rope_theta=1_000_000.0, tie_word_embeddings=True)),
    "qwen2.5": Qwen2ForCausalLM(Qwen2Config(
        **sizes, hidden_size=16, num_attention_heads=4, num_key_value_heads=2, intermediate_size=10,
        rms_norm_eps=1e-6, rope_theta=10_000.0, tie_word_embeddings=True)),
    # The wavelengths are 6, 20, 63 and 199: the first is kept, the last is stretched, and the others are interpolated.
    "llama3": LlamaForCausalLM(LlamaConfig(
        **sizes, hidden_size=24, num_attention_heads=3, num_key_value_heads=1, intermediate_size=10,
        rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=100.0,
        rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                          original_max_position_embeddings=128))),
    # The window ends behind the context, so it hides no token.
    "mistral": MistralForCausalLM(MistralConfig(
        **sizes, hidden_size=12, num_attention_heads=4, num_key_value_heads=2, head_dim=4, intermediate_size=10,
        rms_norm_eps=1e-5, rope_theta=1_000.0, sliding_window=128, tie_word_embeddings=False)),
    # The second layer does not rotate.
    "smollm3": SmolLM3ForCausalLM(SmolLM3Config(
        **sizes, hidden_size=16, num_attention_heads=4, num_key_value_heads=2, intermediate_size=10, rms_norm_eps=1e-6,
        rope_theta=100.0, no_rope_layer_interval=2, tie_word_embeddings=True, pad_token_id=None, bos_token_id=None,
        eos_token_id=None)),
}

ATTENTION = ["q_proj.weight", "k_proj.weight", "v_proj.weight", "q_proj.bias", "k_proj.bias", "v_proj.bias",
             "q_norm.weight", "k_norm.weight", "o_proj.weight"]
LAYER = ["input_layernorm.weight", *(f"self_attn.{part}" for part in ATTENTION), "post_attention_layernorm.weight",
         "mlp.gate_proj.weight", "mlp.up_proj.weight", "mlp.down_proj.weight"]
NAMES = ["model.embed_tokens.weight",
         *(f"model.layers.{i}.{part}" for i in range(sizes["num_hidden_layers"]) for part in LAYER),
         "model.norm.weight", "lm_head.weight"]


@torch.no_grad()
def fill(model):
    weights = dict(model.named_parameters())
    for n, name in enumerate(name for name in NAMES if name in weights):
        value = 0.2 * torch.sin(1 + n + 0.7 * torch.arange(weights[name].numel(), dtype=torch.float64))
        weights[name].copy_((value + (1 if "norm" in name else 0)).reshape(weights[name].shape))


rows = [[(3 * b + 5 * t + t * t) % sizes["vocab_size"] for t in range(length)] for b, length in enumerate([7, 5, 3])]
prompts = [4, 3, 2]
longest = max(map(len, rows))


def padded(rows, left):
    longest = max(map(len, rows))
    pads = [[0] * (longest - len(row)) for row in rows]
    tokens = [pad + row if left else row + pad for pad, row in zip(pads, rows)]
    ones = [[1] * len(row) for row in rows]
    mask = [pad + one if left else one + pad for pad, one in zip(pads, ones)]
    mask = torch.tensor(mask)
    return dict(input_ids=torch.tensor(tokens), attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0))


@torch.no_grad()
def batch(model, left):
    logits = model(**padded(rows, left)).logits
    return [logits[b, longest - len(row):] if left else logits[b, :len(row)] for b, row in enumerate(rows)]


@torch.no_grad()
def cached(model):
    """Returns the logits from the last token of each prompt on."""
    inputs = padded([row[:n] for row, n in zip(rows, prompts)], left=True)
    mask, positions = inputs["attention_mask"], inputs["position_ids"][:, -1:]
    out = model(**inputs)
    found = [[out.logits[b, -1]] for b in range(len(rows))]
    for step in range(max(len(row) - n for row, n in zip(rows, prompts))):
        # A row that has ended continues with token 0; its logits are not used.
        at = [n + step for n in prompts]
        tokens = torch.tensor([[row[t] if t < len(row) else 0] for row, t in zip(rows, at)])
        mask, positions = torch.cat([mask, torch.ones_like(positions)], 1), positions + 1
        out = model(input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=out.past_key_values)
        for b, (row, t) in enumerate(zip(rows, at)):
            if t < len(row):
                found[b].append(out.logits[b, -1])
    return [torch.stack(logits) for logits in found]


def gradients(model):
    for row, n in zip(rows, prompts):
        logprobs = model(torch.tensor([row])).logits[0].log_softmax(-1)
        (-logprobs[torch.arange(n - 1, len(row) - 1), row[n:]].sum()).backward()
    fingerprints = {}
    for name, weight in model.named_parameters():
        g = weight.grad.double().flatten()
        dot = g @ torch.cos(torch.arange(len(g), dtype=torch.float64))
        fingerprints[name] = [float(f"{x.item():.8g}") for x in [g @ g, dot]]
    return fingerprints


def numbers(rows_of_logits):
    return [[float(f"{x:.8g}") for x in logits.flatten().tolist()] for logits in rows_of_logits]


for name, model in models.items():
    fill(model.float().eval())
    right, left, steps = batch(model, False), batch(model, True), cached(model)
    spread = max((a - b).abs().max().item() for a, b in zip(right, left))
    spread = max(spread, *((a[n - 1:] - b).abs().max().item() for a, b, n in zip(right, steps, prompts)))
    file = Path(__file__).parents[2] / "spec/golden/decoders" / f"{name}.json"
    file.write_text(json.dumps({
        "made_with": f"bench/reference/decoders.py, torch {torch.__version__.split('+')[0]}, "
                     f"transformers {__import__('transformers').__version__}",
        "config": json.loads(model.config.to_json_string()),
        "rows": rows, "prompts": prompts,
        "rightPadded": numbers(right), "leftPadded": numbers(left), "cached": numbers(steps),
        "gradients": gradients(model),
    }) + "\n")
    print(f"{name}: logits up to {max(x.abs().max().item() for x in right):.3g}, the three ways within {spread:.1e}")
