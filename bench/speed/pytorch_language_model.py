"""Training of a language model in PyTorch eager, written as one writes it; prints one line of JSON.

python3 pytorch_language_model.py nascell|lstm --hidden 200 --steps 35 --chunks 10 --warm-up 3 --threads 2
    [--hoisted] [--foreach] [--precision float32|bfloat16] [--device cpu]

The cell is the published formula, step by step. With --hoisted the input products of all steps are one product ahead of
the loop, and the recurrent products of a step one product: what somebody who tunes it would write next.
"""
import argparse
import json
import resource
import time

import torch
from torch import nn

VOCABULARY, BATCH, LAYERS = 10_000, 20, 2


class NASCellLayer(nn.Module):
    def __init__(self, hidden, hoisted):
        super().__init__()
        self.hoisted = hoisted
        self.weight_input = nn.Parameter(torch.empty(8 * hidden, hidden).uniform_(-0.05, 0.05))
        self.weight_hidden = nn.Parameter(torch.empty(8 * hidden, hidden).uniform_(-0.05, 0.05))

    def forward(self, x, state):
        h, c = state
        outputs = []
        # As released: one product for the eight leaves, in any case.
        products = x @ self.weight_input.t() if self.hoisted else None
        for t in range(x.shape[0]):
            p = (products[t] if self.hoisted else x[t] @ self.weight_input.t()).chunk(8, 1)
            q = (h @ self.weight_hidden.t()).chunk(8, 1)
            l1 = torch.sigmoid(p[0] + q[0])
            l2 = torch.relu(p[1] + q[1])
            l3 = torch.sigmoid(p[2] + q[2])
            l4 = torch.relu(p[3] * q[3])
            l5 = torch.tanh(p[4] + q[4])
            l6 = torch.sigmoid(p[5] + q[5])
            l7 = torch.tanh(p[6] + q[6])
            l8 = torch.sigmoid(p[7] + q[7])
            m1 = torch.tanh(torch.tanh(l1 * l2) + c)
            m2 = torch.tanh(l3 + l4)
            m3 = torch.tanh(l5 * l6)
            m4 = torch.sigmoid(l7 + l8)
            c = m1 * m2
            h = torch.tanh(c * torch.tanh(m3 + m4))
            outputs.append(h)
        return torch.stack(outputs), (h, c)


class LSTMLayer(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lstm = nn.LSTM(hidden, hidden)

    def forward(self, x, state):
        outputs, (h, c) = self.lstm(x, (state[0].unsqueeze(0), state[1].unsqueeze(0)))
        return outputs, (h.squeeze(0), c.squeeze(0))


class LanguageModel(nn.Module):
    def __init__(self, cell, hidden, hoisted):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, hidden)
        make = (lambda: NASCellLayer(hidden, hoisted)) if cell == "nascell" else (lambda: LSTMLayer(hidden))
        self.layers = nn.ModuleList(make() for _ in range(LAYERS))
        self.softmax = nn.Linear(hidden, VOCABULARY)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.05, 0.05)

    def forward(self, words, states):
        values, after = self.embedding(words), []
        for layer, state in zip(self.layers, states):
            values, state = layer(values, state)
            after.append(tuple(part.detach() for part in state))
        return self.softmax(values), after


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cell")
    parser.add_argument("--hidden", type=int, default=200)
    parser.add_argument("--steps", type=int, default=35)
    parser.add_argument("--chunks", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hoisted", action="store_true")
    parser.add_argument("--foreach", action="store_true")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    device = torch.device(options.device)
    model = LanguageModel(options.cell, options.hidden, options.hoisted).to(device)
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0, foreach=options.foreach)
    text = torch.randint(VOCABULARY, ((options.chunks + options.warm_up) * options.steps + 1, BATCH)).to(device)
    zeros = torch.zeros(BATCH, options.hidden, device=device)
    states = [(zeros, zeros)] * LAYERS
    bfloat16 = options.precision == "bfloat16"

    def step(chunk):
        nonlocal states
        start = chunk * options.steps
        words, following = text[start : start + options.steps], text[start + 1 : start + options.steps + 1]
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
            logits, states = model(words, states)
        loss = nn.functional.cross_entropy(
            logits.float().reshape(-1, VOCABULARY), following.reshape(-1), reduction="sum"
        )
        optimiser.zero_grad(set_to_none=True)
        (loss / BATCH).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        return loss.item()

    for chunk in range(options.warm_up):
        step(chunk)
    started = time.perf_counter()
    for chunk in range(options.chunks):
        last = step(options.warm_up + chunk)
    seconds = time.perf_counter() - started
    words = options.chunks * options.steps * BATCH
    print(
        json.dumps(
            {
                "wordsPerSecond": words / seconds,
                "lastLoss": last / (options.steps * BATCH),
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "engine": "PyTorch " + torch.__version__,
            }
        )
    )


main()
