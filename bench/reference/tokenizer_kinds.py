"""Reference token ids for small tokenizers of many kinds, by Hugging Face's tokenizers.

    pip install tokenizers==0.23.3
    python3 bench/reference/tokenizer_kinds.py

Writes spec/golden/tokenizer-kinds.json: for each kind a tokenizer.json, texts, the ids of each, and its decoded text
for kinds with byte fallback.

    metaspace-*   byte-pair encoding with the space marker and byte fallback of Llama 2 and Mistral
    added-*       added tokens that strip spaces, stand alone as words, or are normalized
    split-*       kinds of splits
    pattern-*     a split by a regular expression of Oniguruma, which is the last part of the name
"""

import json
import sys
from pathlib import Path

# A file of this folder must not hide a package of the same name.
sys.path = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).resolve().parent]

from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
MARK = "\u2581"

TEXTS = [
    "Hello world", " Hello  world ", "Hello<s>world", "<s>Hello", "<s> Hello </s> world", "a\n\nb\tc", "", " ", "  ",
    "naïve 🙂 中", "lo</s>", "he he\u00a0he", "1234 + 56", "[INST] Hello [/INST]lo",
]
MARKED = [
    "a<m>b", "a <m> b", "a  <m>  b", "<m>", " <m> ", "a<m><m>b", "<m> <m>", "a\n<m>\tb", "a\u00a0<m>\u2003b", "a\ufeff<m>\ufeffb",
    "mask", "a mask b", "unmask masks", "mask-mask", "mask_mask", "é mask é", "émask", "maské", "mask1", "1mask", "🙂mask🙂",
    "MASK", "a MASK b", "MaskMASK", "<M>", "abc", "a b<m> mask", "masked", "mask masked", "a\u0085<m>\u0085b", "mask <m>mask",
]
LINES = ["Hello world 123", "  two  spaces\n\nlines", "it's 1,234.5!", "a1b22c333", "ÀÉ éß 中文 नमस्ते", "x  y\tz", "AAAA aaaa", "foo.bar(baz)", "x² ½ ٣٤ Ⅷ9", "¿qué? «no» 5€+3$"]


def byte_pairs(pieces):
    """Returns a vocabulary and merges in which each piece is merged from the left."""
    vocab, merges = {}, []

    def add(token):
        vocab.setdefault(token, len(vocab))

    for token in ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]:
        add(token)
    for piece in pieces:
        for character in piece:
            add(character)
    for piece in pieces:
        for end in range(2, len(piece) + 1):
            pair = [piece[:end - 1], piece[end - 1]]
            if pair not in merges:
                merges.append(pair)
            add(piece[:end])
    return vocab, merges


def special(content, id, **more):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **more}


FALLBACK = {"type": "Sequence", "decoders": [
    {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
    {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}


def metaspace(normalizer, pre_tokenizer, **model):
    vocab, merges = byte_pairs([f"{MARK}Hello", f"{MARK}world", "lo", f"{MARK}he", MARK * 4, f"{MARK}[", "INST]", "12"])
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special("<unk>", 0), special("<s>", 1), special("</s>", 2), special("[INST]", len(vocab))],
        "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": FALLBACK,
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": vocab, "merges": merges, **model},
    }


def marker(scheme, split):
    return {"type": "Metaspace", "replacement": MARK, "prepend_scheme": scheme, "split": split}


def characters(texts):
    return {c: i for i, c in enumerate(sorted({c for text in texts for c in text + text.lower()}))}


def added(tokens, normalizer=None):
    vocab = characters(MARKED)
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(content, vocab.get(content, len(vocab) + i), **more) for i, (content, more) in enumerate(tokens)],
        "normalizer": normalizer, "pre_tokenizer": None, "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": vocab, "merges": []},
    }


def pattern(regex, behavior="Isolated", invert=False):
    return words({"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert})


def words(pre_tokenizer):
    """Splits into words: each piece of the texts that the pre-tokenizer makes is a token of its own."""
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
                  "vocab": characters(LINES), "merges": []},
    }
    split = Tokenizer.from_str(json.dumps(tokenizer)).pre_tokenizer
    vocab = tokenizer["model"]["vocab"]
    for line in LINES:
        for piece, _ in split.pre_tokenize_str(line):
            vocab.setdefault(piece, len(vocab))
    return tokenizer


PLAIN = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = [
    PLAIN, r"\G\p{L}+|\s", r"(?:\G|\s)\p{L}+", r"\p{L}++|\p{N}++", r"(?>\p{L}+)|\s+", r"\p{L}+?\s", r"\p{L}\K\p{N}", r"\R+", r"\X",
    r"(?i)a+|\s+", r"(?i:a+)|\s+", r"\h+", r"[[:alpha:]]+|[[:digit:]]+", r"[\p{L}&&[^a-m]]+", r"\p{Han}+|\p{Latin}+", r"\N+", r"\O",
    r"(?<word>\p{L}+)|\p{N}", r"(?<w>\p{L})\k<w>+", r"(\p{L})\1+", r"(?=[A-Z])\p{L}+", r"(?<=\s)\p{L}+", r"\b\w+\b", r"\p{N}{,2}",
    r"(?x) \p{L}+ # letters", r"(?m:.+)", r"^\p{L}+|\p{N}+$", r"\A\p{L}+|\p{N}+\z", r"\p{^L}+", r"\P{L}+", r"(?a)\w+", r"\y",
    r"(?~ab)", r"(?<p>\((?:[^()]|\g<p>)*\))", r"(?(?=a)ab|c)", r"[^\S\n]+", r"\p{Lu}?\p{Ll}+|\p{N}{3}(?=\p{L})", r"a*+b", r"\s?+\p{L}+",
    r"\p{N}{1,2}+",
]

LOWER = {"type": "Lowercase"}
kinds = {
    "metaspace-first": (metaspace(None, marker("first", False)), TEXTS),
    "metaspace-always": (metaspace(None, marker("always", True)), TEXTS),
    "metaspace-never": (metaspace(None, marker("never", False)), TEXTS),
    "metaspace-legacy": (metaspace({"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": MARK}, {"type": "Replace", "pattern": {"String": " "}, "content": MARK}]}, None), TEXTS),
    "metaspace-ignores-merges": (metaspace(None, marker("first", False), ignore_merges=True), TEXTS),
    "metaspace-no-fallback": (metaspace(None, marker("first", False), byte_fallback=False), TEXTS),
    "metaspace-single-unknowns": (metaspace(None, marker("first", False), byte_fallback=False, fuse_unk=False), TEXTS),
    "added-plain": (added([("<m>", {}), ("mask", {}), ("masked", {})]), MARKED),
    "added-lstrip": (added([("<m>", dict(lstrip=True)), ("mask", dict(lstrip=True))]), MARKED),
    "added-rstrip": (added([("<m>", dict(rstrip=True)), ("mask", dict(rstrip=True)), ("  ", {})]), MARKED),
    "added-strip": (added([("<m>", dict(lstrip=True, rstrip=True)), (" ", {})]), MARKED),
    "added-word": (added([("mask", dict(single_word=True)), ("<m>", dict(single_word=True))]), MARKED),
    "added-word-or-longer": (added([("mask", dict(single_word=True)), ("masked", dict(single_word=True)), ("mas", {})]), MARKED),
    "added-normalized": (added([("mask", dict(normalized=True)), ("<M>", dict(normalized=True))], LOWER), MARKED),
    "added-normalized-word": (added([("MASK", dict(normalized=True, single_word=True, lstrip=True)), ("<m>", dict(rstrip=True))], LOWER), MARKED),
    "added-normalized-without-normalizer": (added([("ab", dict(normalized=True)), ("bc", {}), ("mask", dict(normalized=True)), ("k <", {})]), MARKED),
    "added-not-special": (added([("mask", dict(special=False, normalized=True)), ("<m>", dict(special=False))], LOWER), MARKED),
}
for regex in PATTERNS:
    try:
        kinds[f"pattern-{regex}"] = (pattern(regex), LINES)
    except Exception as error:
        print(f"left out {regex}: {error}")
SPLITS = {
    "digits-single": {"type": "Digits", "individual_digits": True},
    "digits-runs": {"type": "Digits", "individual_digits": False},
    "punctuation": {"type": "Punctuation", "behavior": "Isolated"},
    "whitespace": {"type": "Whitespace"},
    "whitespace-split": {"type": "WhitespaceSplit"},
    "bert": {"type": "BertPreTokenizer"},
}
for name, pre_tokenizer in SPLITS.items():
    kinds[f"split-{name}"] = (words(pre_tokenizer), LINES)
for behavior in ["Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
    kinds[f"split-{behavior}"] = (pattern(r"\s", behavior), LINES)
kinds["split-inverted"] = (pattern(r"\p{L}+", "Removed", True), LINES)


def row(kind, tokenizer, texts):
    made = Tokenizer.from_str(json.dumps(tokenizer))
    made_texts = []
    for text in texts:
        ids = made.encode(text, add_special_tokens=False).ids
        decoded = {"decoded": made.decode(ids, skip_special_tokens=True)} if kind.startswith("metaspace") else {}
        made_texts.append({"text": text, "ids": ids, **decoded})
    return {"kind": kind, "tokenizer": tokenizer, "texts": made_texts}


rows = [json.dumps(row(kind, *made), ensure_ascii=False) for kind, made in kinds.items()]
(ROOT / "spec/golden/tokenizer-kinds.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
print(f"{len(rows)} kinds")
