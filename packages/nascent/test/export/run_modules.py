"""Runs exported PyTorch modules: for every folder below the given one, its model.py on its images.

A folder holds model.py, model.safetensors, images.json (the shape) and images.bin (float32). Prints a JSON object:
the logits, flat, by the name of the folder.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch

torch.set_num_threads(1)
logits = {}
for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir()):
    spec = importlib.util.spec_from_file_location(f"model_{folder.name}", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load()
    assert not network.training
    shape = json.loads((folder / "images.json").read_text())
    images = torch.frombuffer(bytearray((folder / "images.bin").read_bytes()), dtype=torch.float32).reshape(shape)
    with torch.no_grad():
        logits[folder.name] = network(images).flatten().tolist()
    assert len(module.CLASSES) == len(logits[folder.name]) // shape[0]
json.dump(logits, sys.stdout)
