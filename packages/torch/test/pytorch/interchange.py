"""Loads the safetensors file argv[1] into a PyTorch network, prints its output, and writes another to argv[2].

Run by interchange.test.ts, which builds the same network.
"""

import json
import struct
import sys

import torch

dtypes = {"F32": torch.float32, "I64": torch.int64}


def load(path):
    raw = bytearray(open(path, "rb").read())
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)

    def tensor(entry):
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        return torch.frombuffer(raw[begin:end], dtype=dtypes[entry["dtype"]]).reshape(entry["shape"])

    return {name: tensor(entry) for name, entry in header.items()}


def save(path, state):
    header, data = {}, b""
    for name, value in state.items():
        code = next(code for code, dtype in dtypes.items() if dtype == value.dtype)
        more = value.contiguous().numpy().tobytes()
        header[name] = {"dtype": code, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(more)]}
        data += more
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def build():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(64, 5)
    )


image = torch.arange(48).float().reshape(1, 3, 4, 4) / 48
given = build()
given.load_state_dict(load(sys.argv[1]))  # strict
torch.manual_seed(1)
own = build()
own(torch.randn(8, 3, 4, 4))  # moves the running statistics
save(sys.argv[2], own.state_dict())
print(json.dumps([net.eval()(image).reshape(-1).tolist() for net in (given, own)]))
