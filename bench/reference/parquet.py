"""Parquet files with the layout of verl's scripts, for lib/task/data: one for each compression, written by Apache Arrow.

    pip install pyarrow==26.0.1
    python3 bench/reference/parquet.py

Writes spec/golden/verl-CODEC.parquet: ten rows in groups of four, each with a chat and a reward model.
"""

from pathlib import Path

import pyarrow
import pyarrow.parquet

ROOT = Path(__file__).resolve().parents[2]


def row(n):
    system = [{"role": "system", "content": "Be brief."}] if n % 2 else []
    return {
        "data_source": "sums",
        "prompt": [*system, {"role": "user", "content": f"What is {n} + {n}? ½ é 🙂"}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": str(2 * n)},
        "extra_info": {"index": n, "split": "train"},
    }


table = pyarrow.Table.from_pylist([row(n) for n in range(10)])
for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
    # Data pages of version 2, too.
    version = "2.0" if codec in ("none", "zstd") else "1.0"
    file = ROOT / "spec" / "golden" / f"verl-{codec}.parquet"
    pyarrow.parquet.write_table(table, file, compression=codec, row_group_size=4, data_page_version=version)
