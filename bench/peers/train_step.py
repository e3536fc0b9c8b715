"""Makes one update (forward, backward, clipping, AdamW) of a decoder for each line on stdin:

    python train_step.py MODEL BATCH eager|compiled cpu|cuda

MODEL is a safetensors file of entrain. BATCH is a JSON file with `sequences` [B][T + 1] and `advantages` [B].
"""

import torch

from answer import answer
from decoder import ppo_clip_loss, read_arguments, read_batch, update_of

model, given, mode = read_arguments()
tokens, batch = read_batch(given)
loss_of = lambda: ppo_clip_loss(model(tokens), batch)
if mode == "compiled":
    loss_of = torch.compile(loss_of)

answer(update_of(list(model.parameters()), loss_of, given))
