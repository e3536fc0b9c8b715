"""Makes one update (forward, backward, clipping, AdamW) of a decoder for each line on stdin:

    python train_step.py MODEL BATCH eager|compiled cpu|cuda

MODEL is a safetensors file of entrain. BATCH is a JSON file with `sequences` [B][T + 1] and `advantages` [B].
"""

import torch

from answer import answer
from decoder import ppo_clip_loss, read_arguments

model, given, mode = read_arguments()
whole = torch.tensor(given["sequences"])
tokens = whole[:, :-1].contiguous()
batch = {
    "targets": whole[:, 1:].contiguous(),
    "oldLogprobs": torch.full(tokens.shape, given["oldLogprob"]),
    "advantages": torch.tensor(given["advantages"])[:, None].expand(tokens.shape),
    "weights": torch.full(tokens.shape, 1 / tokens.numel()),
}
optimizer = torch.optim.AdamW(model.parameters(), lr=given["learningRate"], weight_decay=0)
loss_of = lambda: ppo_clip_loss(model(tokens), batch)
if mode == "compiled":
    loss_of = torch.compile(loss_of)


def step():
    optimizer.zero_grad()
    loss = loss_of()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return {"loss": loss.item()}


answer(step)
