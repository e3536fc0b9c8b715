"""Makes one generation for each line on stdin:

    python decode.py MODEL PROMPTS eager|compiled cpu|cuda

MODEL is a safetensors file of entrain. PROMPTS is a JSON file with `prompts` [P][T], `group` and `drawn`. Each prompt is read
once, its cache is repeated for its group, and `drawn` tokens are sampled for each row at temperature 1.
"""

import torch
import torch.nn.functional as F

from answer import answer
from decoder import read_arguments

model, given, mode = read_arguments()
prompts, group, drawn = torch.tensor(given["prompts"]), given["group"], given["drawn"]
P, T = prompts.shape
decode = torch.compile(model.decode, dynamic=True) if mode == "compiled" else model.decode


def prefill():
    cache = []

    def attend(_, q, k, v):
        cache.append((k, v))
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=model.heads != model.kv_heads)

    hidden = model.hidden(prompts, torch.arange(T)[None], attend)
    room = lambda x: F.pad(x, (0, 0, 0, drawn)).repeat_interleave(group, 0)
    return model.logits(hidden[:, -1]).repeat_interleave(group, 0), [(room(k), room(v)) for k, v in cache]


@torch.inference_mode()
def generate():
    logits, cache = prefill()
    completions = []
    for n in range(drawn):
        token = torch.multinomial(torch.softmax(logits, -1), 1)[:, 0]
        completions.append(token)
        if n + 1 < drawn:
            logits = decode(token, torch.full_like(token, T + n), cache, T + n)
    return {"tokens": torch.stack(completions).cpu().numel()}


answer(generate)
