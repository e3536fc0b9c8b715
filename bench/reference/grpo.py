"""Reference numbers for lib/advantage/grpo.ts, from NumPy's own mean and standard deviation.

    python3 bench/reference/grpo.py > spec/golden/grpo.json
"""

import json

import numpy as np

GROUPS = {
    "one right of eight, binary": [0, 0, 1, 0, 0, 0, 0, 0],
    "half right, signed": [1, -1, 1, -1],
    "pair": [0.25, 0.75],
    "graded": [0.0, 0.1, 0.35, 0.9, 1.0, -0.5, 0.35, 0.2],
    "large scale": [1200.0, 800.0, 1000.0, 1010.0],
    "close together, above the tolerance": [0.5, 0.500001, 0.499999],
    "all right": [1, 1, 1, 1],
    "equal up to the tolerance": [0.3, 0.3 + 5e-9, 0.3],
    "alone": [0.7],
}


def grpo(rewards, eps=1e-6, tolerance=1e-8):
    r = np.asarray(rewards, dtype=np.float64)
    if r.size == 1:
        return r
    if np.ptp(r) <= tolerance:
        return np.zeros_like(r)
    return (r - r.mean()) / (r.std(ddof=1) + eps)


rows = [{"name": name, "rewards": rewards, "advantages": grpo(rewards).tolist()} for name, rewards in GROUPS.items()]
print(json.dumps(rows, indent=2))
