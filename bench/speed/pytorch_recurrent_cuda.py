"""One recurrent layer in PyTorch on a CUDA device, forward and back, on demand: run-recurrent-cuda.mjs asks.

Reads lines of JSON, {contender, units, precision, repeat}, and answers each with {ms} of one repetition, or with
{kernels} of one where `count` is true. Contenders: natural and hoisted (NASCell as pytorch_language_model.py has it),
graph (the hoisted one replayed as a CUDA graph) and lstm (nn.LSTM).
"""
import json
import sys
import time

import torch
from torch import nn

STEPS, BATCH = 35, 20
device = torch.device("cuda")
torch.manual_seed(0)


class NASCellLayer(nn.Module):
    def __init__(self, hidden, hoisted):
        super().__init__()
        self.hoisted = hoisted
        self.weight_input = nn.Parameter(torch.randn(8 * hidden, hidden) / hidden**0.5)
        self.weight_hidden = nn.Parameter(torch.randn(8 * hidden, hidden) / hidden**0.5)

    def forward(self, x, h, c):
        outputs = []
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
        return torch.stack(outputs)


class LSTMLayer(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lstm = nn.LSTM(hidden, hidden)

    def forward(self, x, h, c):
        return self.lstm(x, (h.unsqueeze(0), c.unsqueeze(0)))[0]


def build(contender, units):
    layer = LSTMLayer(units) if contender == "lstm" else NASCellLayer(units, contender != "natural")
    layer = layer.to(device)
    inputs = [torch.randn(*shape, device=device, requires_grad=True) for shape in ((STEPS, BATCH, units),) + ((BATCH, units),) * 2]
    arriving = torch.randn(STEPS, BATCH, units, device=device)
    learning = inputs + list(layer.parameters())
    if contender == "graph":
        layer = torch.cuda.make_graphed_callables(layer, tuple(inputs))
    return layer, inputs, arriving, learning


built = {}


def once(contender, units, precision):
    key = (contender, units)
    if key not in built:
        built[key] = build(*key)
    layer, inputs, arriving, learning = built[key]
    with torch.autocast("cuda", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
        outputs = layer(*inputs)
    torch.autograd.grad(outputs, learning, arriving.to(outputs.dtype), allow_unused=True)


def kernels(question):
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        once(*question)
        torch.cuda.synchronize()
    on_device = [e for e in profile.events() if e.device_type == torch.autograd.DeviceType.CUDA]
    return sum(not e.name.startswith(("Memcpy", "Memset")) for e in on_device)


for line in sys.stdin:
    asked = json.loads(line)
    question = asked["contender"], asked["units"], asked["precision"]
    if asked.get("count"):
        answer = {"kernels": kernels(question)}
    else:
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(asked["repeat"]):
            once(*question)
        torch.cuda.synchronize()
        answer = {"ms": (time.perf_counter() - started) * 1000 / asked["repeat"]}
    print(json.dumps(answer), flush=True)
