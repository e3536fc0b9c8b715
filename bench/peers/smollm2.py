"""Makes one run of SmolLM2-135M in transformers for each line on stdin:

    pip install torch transformers accelerate gguf peft
    python smollm2.py MODEL.gguf INPUT generate|update|adapters

INPUT is a JSON file. `generate` samples `drawn` tokens for each of the `prompts` [P][T], `group` times, at temperature 1; no
sequence ends early. `update` and `adapters` make one update (forward, backward, clipping, AdamW) of all weights, or of LoRA
adapters, on `sequences` [B][T + 1] with `advantages` [B].
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from answer import answer
from decoder import ppo_clip_loss, read_batch, update_of


def load(path):
    """The weights of the file in float32."""
    file = Path(path)
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    model.generation_config.eos_token_id = None
    # The weights are numbers of float32 now, but transformers refuses to train what it loaded from a quantized file.
    model.is_quantized = False
    return model


def with_adapters(model, lora):
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targets"], task_type="CAUSAL_LM")
    return get_peft_model(model, config)


def generation(model, given):
    prompts = torch.tensor(given["prompts"]).repeat_interleave(given["group"], 0)

    @torch.inference_mode()
    def generate():
        tokens = model.generate(
            input_ids=prompts, attention_mask=torch.ones_like(prompts), do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            max_new_tokens=given["drawn"], pad_token_id=0,
        )
        return {"tokens": tokens[:, prompts.shape[1] :].numel()}

    return generate


def update(model, given):
    tokens, batch = read_batch(given)
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss_of = lambda: ppo_clip_loss(model(input_ids=tokens, use_cache=False).logits, batch)
    return update_of(parameters, loss_of, given)


if __name__ == "__main__":
    path, input_path, mode = sys.argv[1:]
    torch.set_num_threads(2)
    with open(input_path) as file:
        given = json.load(file)
    model = load(path)
    if mode == "adapters":
        model = with_adapters(model, given["lora"])
    answer(generation(model, given) if mode == "generate" else update(model, given))
