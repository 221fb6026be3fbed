"""The numbers that the scripts here and their tests both compute."""

import math

import torch


class Numbers:
    """A linear congruential sequence; every number is exact in float32 before it is scaled."""

    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return (self.state >> 8) / 2**23 - 1  # [-1, 1)

    def tensor(self, shape, scale=1.0, dtype=torch.float32):
        values = [self.unit() * scale for _ in range(math.prod(shape))]
        return torch.tensor(values, dtype=torch.float64).to(dtype).reshape(shape)

    def labels(self, count, classes):
        return torch.tensor([int((self.unit() + 1) / 2 * classes) for _ in range(count)])


def flat(tensor):
    return tensor.detach().double().reshape(-1).tolist()
