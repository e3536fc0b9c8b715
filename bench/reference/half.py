"""Reference bits of 16-bit floats: float32 converted by torch, and back.

    pip install torch && python bench/reference/half.py > spec/golden/half.json

All numbers are bits. `float32` holds the inputs: both edges of the rounding intervals around chosen numbers, the limits of the
formats, and random numbers.
"""

import json
import numpy as np
import torch

torch.manual_seed(1)


def around(bits, shift):
    """Float32 bits of the tie before the next number of a format that drops so many bits, and of its neighbours."""
    low = bits & ~((1 << shift) - 1)
    half = low + (1 << (shift - 1))
    return [low, low + 1, half - 1, half, half + 1, low + (1 << shift) - 1]


chosen = [1.0, 1.5, -0.1, 3.14159, 65504.0, 6.1e-5, 6.0e-5, 3.1e-5, 1e-6, 5.96e-8, 3.4e38, 1e-38, 0.02]
bits = [int(b) for b in np.array(chosen, dtype=np.float32).view(np.uint32)]
values = [b for x in bits for shift in (13, 16) for b in around(x, shift)]
# Float16: ties below the smallest normal number, the largest number, and numbers that become infinite.
exact = [k * 2.0**-25 for k in range(0, 9)] + [2.0**-25 * (1 + 2.0**-20), 65519.996, 65520.0, 1e5, -1e30, 2.0**-14 - 2.0**-26]
values += [int(b) for b in np.array(exact, dtype=np.float32).view(np.uint32)]
values += [0, 0x80000000, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x00000001, 0x007FFFFF, 0x7FC00000]
values += [int(b) for b in (torch.randn(60) * 10.0 ** torch.randint(-9, 6, (60,))).numpy().view(np.uint32)]

float32 = torch.from_numpy(np.array(values, dtype=np.uint32).view(np.float32).copy())
every = torch.from_numpy(np.arange(0, 65536, 37, dtype=np.uint16).view(np.int16).copy())


def bits16(x):
    return x.view(torch.int16).numpy().view(np.uint16).tolist()


print(json.dumps({
    "made_with": f"bench/reference/half.py, torch {torch.__version__.split('+')[0]}",
    "float32": values,
    "narrowed": {"float16": bits16(float32.half()), "bfloat16": bits16(float32.bfloat16())},
    # Every 37th 16-bit pattern, as float32.
    "step": 37,
    "widened": {
        "float16": every.view(torch.float16).float().numpy().view(np.uint32).tolist(),
        "bfloat16": every.view(torch.bfloat16).float().numpy().view(np.uint32).tolist(),
    },
}))
