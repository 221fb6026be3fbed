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
from torch import nn


def read_images(directory):
    """uint8 [N, 3, 32, 32] and int64 [N] from CIFAR-10's binary layout, data_batch_1 only."""
    path = os.path.join(directory, "data_batch_1.bin")
    opened = gzip.open(path + ".gz") if not os.path.exists(path) else open(path, "rb")
    with opened as file:
        records = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).contiguous(), records[:, 0].long()


class Child(nn.Module):
    def __init__(self, layers):
        super().__init__()
        blocks, channels = [], 3
        for height, width, filters in layers:
            padding = ((height - 1) // 2, (width - 1) // 2)
            blocks += [
                nn.Conv2d(channels, filters, (height, width), padding=padding, bias=False),
                nn.BatchNorm2d(filters),
                nn.ReLU(inplace=True),
            ]
            channels = filters
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, 10)

    def forward(self, images):
        return self.classifier(self.features(images).mean((2, 3)))


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
        layers = json.load(file)[options.network]["layers"]
    device = torch.device(options.device)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    child = Child(layers).to(device).to(memory_format=layout)
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
