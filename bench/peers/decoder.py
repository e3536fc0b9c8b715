"""The decoder of lib/model/decoder.ts in PyTorch, written for speed. It reads the safetensors files of entrain."""

import json
import sys

import torch
import torch.nn.functional as F
from safetensors import safe_open


class Decoder(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        with safe_open(path, "pt") as file:
            sizes = json.loads(file.metadata()["decoder"])
            self.names = list(file.keys())
            self.weights = torch.nn.ParameterDict(
                {name.replace(".", "/"): torch.nn.Parameter(file.get_tensor(name)) for name in self.names}
            )
        self.vocabulary, self.layers, self.epsilon = sizes["vocabulary"], sizes["layers"], sizes["normEpsilon"]
        self.heads, self.kv_heads, self.head_width = sizes["heads"], sizes["kvHeads"], sizes["headWidth"]
        self.theta = sizes["ropeTheta"]

    def weight(self, name):
        return self.weights[f"model/{name}/weight"]

    def rotary(self, positions):
        pairs = torch.arange(0, self.head_width, 2, device=positions.device) / self.head_width
        angles = positions[..., None].float() * self.theta**-pairs
        angles = torch.cat([angles, angles], -1)
        return angles.cos(), angles.sin()

    def hidden(self, tokens, positions, attend):
        """tokens [B, T] -> [B, T, width]; attend(layer, q, k, v) over [B, H, T, D]."""
        B, T = tokens.shape
        cosine, sine = (x[:, None] for x in self.rotary(positions))

        def norm(x, name):
            return F.rms_norm(x, x.shape[-1:], self.weight(name), self.epsilon)

        def heads(x, count):
            return x.view(B, T, count, self.head_width)

        def rotate(x):
            x = x.transpose(1, 2)
            left, right = x.chunk(2, -1)
            return x * cosine + torch.cat([-right, left], -1) * sine

        x = F.embedding(tokens, self.weight("embed_tokens"))
        for i in range(self.layers):
            name = f"layers/{i}/"
            y = norm(x, name + "input_layernorm")
            project = lambda part: F.linear(y, self.weight(f"{name}self_attn/{part}_proj"))
            q = rotate(norm(heads(project("q"), self.heads), name + "self_attn/q_norm"))
            k = rotate(norm(heads(project("k"), self.kv_heads), name + "self_attn/k_norm"))
            v = heads(project("v"), self.kv_heads).transpose(1, 2)
            context = attend(i, q, k, v).transpose(1, 2).reshape(B, T, -1)
            x = x + F.linear(context, self.weight(name + "self_attn/o_proj"))
            y = norm(x, name + "post_attention_layernorm")
            gate = F.silu(F.linear(y, self.weight(name + "mlp/gate_proj")))
            x = x + F.linear(gate * F.linear(y, self.weight(name + "mlp/up_proj")), self.weight(name + "mlp/down_proj"))
        return norm(x, "norm")

    def logits(self, hidden):
        return F.linear(hidden, self.weight("embed_tokens"))

    def forward(self, tokens):
        def attend(_, q, k, v):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.heads != self.kv_heads)

        positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
        return self.logits(self.hidden(tokens, positions, attend))

    def decode(self, tokens, positions, cache, length):
        """Reads one token per row with a cache of (keys, values) per layer, [B, K, limit, D]. All rows have the same length."""

        def attend(i, q, k, v):
            keys, values = cache[i]
            keys[:, :, length : length + 1] = k
            values[:, :, length : length + 1] = v
            seen = slice(0, length + 1)
            return F.scaled_dot_product_attention(
                q, keys[:, :, seen], values[:, :, seen], enable_gqa=self.heads != self.kv_heads
            )

        return self.logits(self.hidden(tokens[:, None], positions[:, None], attend))[:, -1]


def read_arguments():
    """Reads the arguments MODEL INPUT MODE DEVICE; returns the model, the JSON of the input, and the mode."""
    path, input_path, mode, device = sys.argv[1:]
    torch.set_num_threads(2)
    torch.set_default_device(device)
    with open(input_path) as file:
        return Decoder(path).to(device), json.load(file), mode


def ppo_clip_loss(logits, batch, low=0.2, high=0.2, dual=3.0):
    """Mean dual-clip PPO loss over trained tokens, as in lib/objective/ppo-clip.ts."""
    logprob = torch.log_softmax(logits, -1).gather(-1, batch["targets"][..., None])[..., 0]
    ratio = (logprob - batch["oldLogprobs"]).exp()
    advantages = batch["advantages"]
    loss = -torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)
    loss = torch.where(advantages < 0, torch.minimum(loss, -dual * advantages), loss)
    return (loss * batch["weights"]).sum()


def read_batch(given):
    """Tokens [B, T] of `sequences` [B][T + 1], and what the loss reads beside their logits."""
    whole = torch.tensor(given["sequences"])
    tokens = whole[:, :-1].contiguous()
    return tokens, {
        "targets": whole[:, 1:].contiguous(),
        "oldLogprobs": torch.full(tokens.shape, given["oldLogprob"]),
        "advantages": torch.tensor(given["advantages"])[:, None].expand(tokens.shape),
        "weights": torch.full(tokens.shape, 1 / tokens.numel()),
    }


def update_of(parameters, loss_of, given):
    """Function that makes one update: forward, backward, clipping, AdamW."""
    optimizer = torch.optim.AdamW(parameters, lr=given["learningRate"], weight_decay=0)

    def step():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return {"loss": loss.item()}

    return step
