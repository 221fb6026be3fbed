"""Runs exported language models: for every folder below the given one, its model.py on its reading.json.

A folder holds model.py, model.safetensors, vocabulary.json and reading.json: words [steps, batch] and states, flat, and
a text. Prints a JSON object by the name of the folder: what the model computes, flat (logits, next_h1, ...), the indices
of the text, what they decode to, and its perplexities, read in parts and as a whole.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch

torch.set_num_threads(1)


def module_of(folder):
    spec = importlib.util.spec_from_file_location(f"model_{folder.name}", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def states_of(module, model, states, batch):
    """PyTorch's own layers have an axis of layers before those of ours."""
    native = isinstance(model.layers["1"], (torch.nn.LSTM, torch.nn.GRU))
    shape = [1, batch, module.UNITS] if native else [batch, module.UNITS]
    layers = []
    for number in range(1, module.LAYERS + 1):
        parts = [torch.tensor(states[name]).reshape(shape) for name in (f"h{number}", f"c{number}") if name in states]
        layers.append(tuple(parts) if len(parts) == 2 else parts[0])
    return layers


@torch.no_grad()
def run(folder):
    module = module_of(folder)
    model, vocabulary = module.load(), module.Vocabulary()
    assert not model.training
    reading = json.loads((folder / "reading.json").read_text(encoding="utf-8"))
    words = torch.tensor(reading["words"]).reshape(reading["steps"], reading["batch"])
    logits, after = model(words, states_of(module, model, reading["states"], reading["batch"]))
    computed = {"logits": logits.flatten().tolist()}
    for number, state in enumerate(after, start=1):
        for name, values in zip(("h", "c"), state if isinstance(state, tuple) else (state,)):
            computed[f"next_{name}{number}"] = values.flatten().tolist()
    indices = vocabulary.encode(reading["text"])
    written = module.sample(model, indices[:3], 12)
    assert len(written) == 12 and all(0 <= index < module.WORDS for index in written)
    return {
        "computed": computed,
        "indices": indices.tolist(),
        "decoded": vocabulary.decode(indices.tolist()),
        "inParts": module.perplexity(model, indices),
        "inOne": module.perplexity(model, indices, part=None),
    }


json.dump({folder.name: run(folder) for folder in sorted(Path(sys.argv[1]).iterdir()) if folder.is_dir()}, sys.stdout)
