"""Reference numbers for low-rank adapters by PEFT, in float64, for the model and batch of spec/golden/decoder.json.

    pip install torch transformers peft && python bench/reference/lora.py > spec/golden/lora.json

Base weights follow the formula of decoder.py; element i of the n-th adapter tensor (in the order of the list below) is
0.3 sin(2 + n + 0.9 i). The loss is the mean negative log-likelihood of the tokens that train.
"""

import json
import peft
import torch
from peft import LoraConfig, get_peft_model
from tiny_qwen3 import tiny_qwen3

given = json.load(open("spec/golden/decoder.json"))
sizes = given["config"]
model, names = tiny_qwen3(sizes)
weights = dict(model.named_parameters())


def by_formula(tensor, scale, start, step):
    with torch.no_grad():
        values = scale * torch.sin(start + step * torch.arange(tensor.numel(), dtype=torch.float64))
        tensor.copy_(values.reshape(tensor.shape))


for n, name in enumerate(names):
    by_formula(weights[name], 0.2, 1 + n, 0.7)
    if "norm" in name:
        weights[name].data += 1

lora = dict(rank=2, alpha=6, targets=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"])
adapted = get_peft_model(model, LoraConfig(
    r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targets"], lora_dropout=0.0, task_type="CAUSAL_LM")).double().eval()
found = dict(adapted.named_parameters())
adapters = {}
for name in names:
    for part in ("lora_A", "lora_B"):
        key = "base_model.model." + name.replace(".weight", f".{part}.default.weight")
        if key in found:
            by_formula(found[key], 0.3, 2 + len(adapters), 0.9)
            adapters[name.replace(".weight", f".{part}.weight")] = found[key]

B, T = given["shape"]
tokens = torch.tensor(given["tokens"]).reshape(B, T)
targets = torch.tensor(given["targets"]).reshape(B, T)
mask = torch.tensor(given["mask"]).reshape(B, T)
logits = adapted(tokens).logits
chosen = torch.log_softmax(logits, -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
loss = -(chosen * mask).sum() / mask.sum()
loss.backward()

rounded = lambda x: json.loads(json.dumps(x), parse_float=lambda s: float(f"{float(s):.9g}"))
print(json.dumps(rounded({
    "made_with": f"bench/reference/lora.py, torch {torch.__version__.split('+')[0]}, peft {peft.__version__}",
    "lora": lora, "loss": loss.item(), "logits": logits.flatten().tolist(),
    "gradients": {name: tensor.grad.flatten().tolist() for name, tensor in adapters.items()},
})))
