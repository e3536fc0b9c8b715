"""The tiny Qwen3 decoder of the reference numbers, built by transformers in float64.

decoder.py and lora.py import it. Run them from the root of the repository.
"""

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

torch.set_default_dtype(torch.float64)

layer = ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.q_norm",
         "self_attn.k_norm", "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def tiny_qwen3(sizes):
    """Returns the model, and the names of its weights in the order in which the formula of the weights counts them."""
    config = Qwen3Config(
        vocab_size=sizes["vocabulary"], hidden_size=sizes["width"], num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"], num_key_value_heads=sizes["kvHeads"], head_dim=sizes["headWidth"],
        intermediate_size=sizes["feedForward"], rms_norm_eps=sizes["normEpsilon"], tie_word_embeddings=True,
        rope_theta=float(sizes["ropeTheta"]), attention_bias=False, max_position_embeddings=64, use_cache=False,
    )
    config._attn_implementation = "eager"
    names = ["model.embed_tokens.weight"]
    names += [f"model.layers.{i}.{part}.weight" for i in range(sizes["layers"]) for part in layer]
    names += ["model.norm.weight"]
    return Qwen3ForCausalLM(config).double().eval(), names
