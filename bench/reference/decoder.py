"""Reference numbers for the decoder, the PPO-clip update and AdamW, in float64.

Inside the model, transformers computes norms, rotary tables and the softmax of attention in float32 for every dtype, so the
numbers are accurate to about 1e-7.

    pip install torch transformers && python bench/reference/decoder.py > spec/golden/decoder.json

The forward pass is Hugging Face transformers' Qwen3ForCausalLM; gradients are torch autograd's; the optimiser is
torch.optim.AdamW. Weights follow a formula, so that they need not be stored:
element i of the n-th weight (in the order of the state dict below) is 0.2 sin(1 + n + 0.7 i); norms add 1.
"""

import json
import torch
from tiny_qwen3 import tiny_qwen3

sizes = dict(vocabulary=11, width=8, layers=2, heads=4, kvHeads=2, headWidth=4, feedForward=12, ropeTheta=10000, normEpsilon=1e-6)
model, names = tiny_qwen3(sizes)
weights = dict(model.named_parameters())
with torch.no_grad():
    for n, name in enumerate(names):
        size = weights[name].numel()
        value = 0.2 * torch.sin(1 + n + 0.7 * torch.arange(size, dtype=torch.float64))
        weights[name].copy_((value + (1 if "norm" in name else 0)).reshape(weights[name].shape))

B, T = 3, 8
tokens = torch.tensor([[(3 * b + 5 * t + t * t) % sizes["vocabulary"] for t in range(T)] for b in range(B)])
targets = torch.roll(tokens, -1, 1)
mask = torch.tensor([[1.0 if 2 <= t < 8 - b else 0.0 for t in range(T)] for b in range(B)])
advantages = torch.tensor([1.2, -0.7, 0.4]).reshape(B, 1).expand(B, T)


def statistics():
    logp = torch.log_softmax(model(tokens).logits, -1)
    p = logp.exp()
    chosen = logp.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    entropy = -(p * logp).sum(-1)
    s = chosen.exp() * (entropy + chosen)
    squares = (p * p).sum(-1)
    expected = entropy * squares + (p * p * logp).sum(-1)
    return chosen, entropy, s, expected, squares


with torch.no_grad():
    first = statistics()
    logits = model(tokens).logits
# Old log-probabilities for which some ratios are outside the clip range, on both sides.
old = first[0] + 0.4 * torch.sin(torch.arange(B * T, dtype=torch.float64)).reshape(B, T)

optimizer = torch.optim.AdamW(
    [{"params": [weights[n] for n in names if weights[n].dim() > 1], "weight_decay": 0.1},
     {"params": [weights[n] for n in names if weights[n].dim() == 1], "weight_decay": 0.0}],
    lr=0.01, betas=(0.9, 0.999), eps=1e-8)
steps = []
for _ in range(2):
    chosen = statistics()[0]
    ratio = (chosen - old).exp()
    plain, clipped = ratio * advantages, ratio.clamp(0.8, 1.2) * advantages
    loss_bt = -torch.minimum(plain, clipped)
    loss_bt = torch.where(advantages < 0, torch.minimum(loss_bt, -3 * advantages), loss_bt)
    loss = (loss_bt * mask).sum() / mask.sum()
    optimizer.zero_grad()
    loss.backward()
    gradients = {n: weights[n].grad.flatten().tolist() for n in names} if not steps else None
    norm = torch.nn.utils.clip_grad_norm_([weights[n] for n in names], 0.5)
    optimizer.step()
    steps.append({
        "loss": loss.item(), "norm": norm.item(),
        "clipFraction": (((clipped < plain) * mask).sum() / mask.sum()).item(),
        "kl": (((ratio - 1 - (chosen - old)) * mask).sum() / mask.sum()).item(),
        **({"gradients": gradients} if gradients else {}),
    })

rounded = lambda x: json.loads(json.dumps(x), parse_float=lambda s: float(f"{float(s):.9g}"))
print(json.dumps(rounded({
    "made_with": f"bench/reference/decoder.py, torch {torch.__version__.split('+')[0]}",
    "config": sizes, "shape": [B, T],
    "tokens": tokens.flatten().tolist(), "targets": targets.flatten().tolist(), "mask": mask.flatten().tolist(),
    "advantages": advantages.flatten().tolist(), "oldLogprobs": old.flatten().tolist(),
    "logits": logits.flatten().tolist(),
    "logprob": first[0].flatten().tolist(), "entropy": first[1].flatten().tolist(),
    "s": first[2].flatten().tolist(), "expectedS": first[3].flatten().tolist(), "squares": first[4].flatten().tolist(),
    "steps": steps,
    "after": {n: weights[n].detach().flatten().tolist() for n in ["model.embed_tokens.weight", "model.layers.1.self_attn.k_norm.weight", "model.layers.0.mlp.down_proj.weight"]},
})))
