"""The same child training in PyTorch eager, written as one writes it; prints one line of JSON.

python3 pytorch_child.py NETWORK --batch 64 --steps 20 --warm-up 5 --threads 2
    [--precision float32|bfloat16] [--channels-last] [--foreach] [--images DIRECTORY]
"""
import argparse
import gzip
import json
import os
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn


def read_images(directory):
    """uint8 [N, 3, 32, 32] and int64 [N] from CIFAR-10's binary layout, data_batch_1 only."""
    path = os.path.join(directory, "data_batch_1.bin")
    opened = gzip.open(path + ".gz") if not os.path.exists(path) else open(path, "rb")
    with opened as file:
        records = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).contiguous(), records[:, 0].long()


def same(length, kernel, stride):
    """Pixels before and after: TensorFlow's SAME."""
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


class Block(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels, size, filters, stride, padding):
        super().__init__()
        (top, bottom), (left, right) = padding
        uneven = top != bottom or left != right
        self.around = (left, right, top, bottom) if uneven else None
        self.convolution = nn.Conv2d(
            channels, filters, size, stride=stride, padding=0 if uneven else (top, left), bias=False
        )
        self.norm = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, values):
        if self.around is not None:
            values = F.pad(values, self.around)
        return self.relu(self.norm(self.convolution(values)))


class Chain(nn.Module):
    """Each layer on the one before."""

    def __init__(self, blocks, channels):
        super().__init__()
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, 10)

    def forward(self, images):
        return self.classifier(self.features(images).mean((2, 3)))


class Skipping(nn.Module):
    """Layers that read several earlier ones, zero-padded to the largest and joined along depth."""

    def __init__(self, blocks, reads, channels):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.reads = reads
        self.classifier = nn.Linear(channels, 10)

    def join(self, outputs, sources):
        parts = [outputs[source] for source in sources]
        if len(parts) == 1:
            return parts[0]
        height, width = max(part.shape[2] for part in parts), max(part.shape[3] for part in parts)
        padded = []
        for part in parts:
            rows, columns = height - part.shape[2], width - part.shape[3]
            if rows or columns:
                top, left = rows // 2, columns // 2
                part = F.pad(part, (left, columns - left, top, rows - top))
            padded.append(part)
        return torch.cat(padded, 1)

    def forward(self, images):
        outputs = [images]
        for block, sources in zip(self.blocks, self.reads):
            outputs.append(block(self.join(outputs, sources)))
        return self.classifier(self.join(outputs, self.reads[-1]).mean((2, 3)))


def build(network):
    """The network of an entry of networks.json, for 32×32 images of 3 channels."""
    sizes, channels, blocks, reads = [(32, 32)], [3], [], []
    for number, entry in enumerate(network["layers"]):
        layer = entry if isinstance(entry, dict) else {"size": entry}
        height, width, filters = layer["size"]
        stride, sources = layer.get("stride", 1), layer.get("inputs", [number])
        rows, columns = (max(sizes[source][axis] for source in sources) for axis in (0, 1))
        padding = same(rows, height, stride), same(columns, width, stride)
        blocks.append(Block(sum(channels[source] for source in sources), (height, width), filters, stride, padding))
        reads.append(sources)
        sizes.append((-(-rows // stride), -(-columns // stride)))
        channels.append(filters)
    last = network.get("outputs", [len(blocks)])
    features = sum(channels[source] for source in last)
    if all(sources == [i] for i, sources in enumerate([*reads, last])):
        return Chain(blocks, features)
    return Skipping(blocks, [*reads, last], features)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("--images", required=True)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--foreach", action="store_true")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "networks.json")) as file:
        network = json.load(file)[options.network]
    device = torch.device(options.device)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    child = build(network).to(device).to(memory_format=layout)
    optimiser = torch.optim.SGD(
        child.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4, foreach=options.foreach
    )
    images, labels = (part.to(device) for part in read_images(options.images))
    mean = torch.tensor([0.4914, 0.4822, 0.4465], device=device).reshape(1, 3, 1, 1)
    deviation = torch.tensor([0.2470, 0.2435, 0.2616], device=device).reshape(1, 3, 1, 1)
    bfloat16 = options.precision == "bfloat16"

    def step():
        chosen = torch.randint(len(labels), (options.batch,), device=device)
        batch = ((images[chosen].float() / 255 - mean) / deviation).contiguous(memory_format=layout)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
            logits = child(batch)
        loss = nn.functional.cross_entropy(logits.float(), labels[chosen])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss

    for _ in range(options.warm_up):
        step().item()
    started, worked = time.perf_counter(), time.process_time()
    for _ in range(options.steps):
        loss = step()
    last = loss.item()  # waits for a device that works on its own
    seconds = time.perf_counter() - started
    processor = time.process_time() - worked
    print(
        json.dumps(
            {
                "imagesPerSecond": options.batch * options.steps / seconds,
                "processorSecondsPerStep": processor / options.steps,
                "lastLoss": last,
                "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "engine": "PyTorch " + torch.__version__,
            }
        )
    )


main()
