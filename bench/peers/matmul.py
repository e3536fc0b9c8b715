"""Makes eight products of square matrices for each line on stdin, each with the one before, and reads the sum of the last:

    python matmul.py SIZE cpu|cuda

On a GPU, PyTorch calls cuBLAS. It computes in float32, without TF32, which is PyTorch's default.
"""

import sys

import torch

from answer import answer

size, device = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(2)
factor = ((torch.arange(size * size, device=device) % 17) / (8 * size)).reshape(size, size)


def run():
    power = factor
    for _ in range(8):
        power = power @ factor
    return {"total": power.sum().item()}


answer(run)
