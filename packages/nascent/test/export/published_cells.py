"""Compares exported cells with the formulas that were published, written out here by hand from Zoph & Le 2017: NASCell,
the cell that its authors found and released, and the worked example of base 2 (section 3.4).

A folder with nascell/cell.py and worked-example/cell.py is the argument. In float64, over 20 steps from a state that is
not zero, with weights and inputs of chance. Prints a JSON object: by cell the greatest difference of outputs, of the
last state, and of the gradients of a loss with respect to inputs, first state and weights.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch

STEPS, BATCH, INPUTS, UNITS = 20, 3, 4, 5
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def nascell(W, U, x, h, c):
    """Leaves l1 to l8, joined in pairs to m1 to m4; the memory enters at m1."""
    l1 = torch.sigmoid(W[0] @ x + U[0] @ h)
    l2 = torch.relu(W[1] @ x + U[1] @ h)
    l3 = torch.sigmoid(W[2] @ x + U[2] @ h)
    l4 = torch.relu((W[3] @ x) * (U[3] @ h))
    l5 = torch.tanh(W[4] @ x + U[4] @ h)
    l6 = torch.sigmoid(W[5] @ x + U[5] @ h)
    l7 = torch.tanh(W[6] @ x + U[6] @ h)
    l8 = torch.sigmoid(W[7] @ x + U[7] @ h)
    m1 = torch.tanh(torch.tanh(l1 * l2) + c)
    m2 = torch.tanh(l3 + l4)
    m3 = torch.tanh(l5 * l6)
    m4 = torch.sigmoid(l7 + l8)
    new_c = m1 * m2
    new_h = torch.tanh(new_c * torch.tanh(m3 + m4))
    return new_h, new_c


def worked_example(W, U, x, h, c):
    """a0 = tanh(W1 x + W2 h); a0' = relu(a0 + c); a1 = relu(W3 x * W4 h); h = sigmoid(a0' * a1); c = W3 x * W4 h."""
    a0 = torch.tanh(W[0] @ x + U[0] @ h)
    a0 = torch.relu(a0 + c)
    a1 = torch.relu((W[1] @ x) * (U[1] @ h))
    return torch.sigmoid(a0 * a1), (W[1] @ x) * (U[1] @ h)


def by_hand(formula, weights, xs, h, c):
    """Over the sequence; one column of x, h and c for each row of the batch."""
    leaves = weights["weight_input"].shape[0] // UNITS
    W = weights["weight_input"].reshape(leaves, UNITS, INPUTS)
    U = weights["weight_hidden"].reshape(leaves, UNITS, UNITS)
    h, c, outputs = h.T, c.T, []
    for x in xs:
        h, c = formula(W, U, x.T, h, c)
        outputs.append(h.T)
    return torch.stack(outputs), h.T, c.T


def one_step_at_a_time(cell, xs, h, c):
    """By `Cell`, as `Layer` does it for whole sequences."""
    outputs = []
    for x in xs:
        h, c = cell(x, (h, c))
        outputs.append(h)
    return torch.stack(outputs), h, c


def with_gradients(run, leaves):
    results = run()
    waves = [torch.cos(torch.arange(value.numel())).reshape(value.shape) for value in results]
    loss = sum((value * wave).sum() for value, wave in zip(results, waves))
    return results, torch.autograd.grad(loss, leaves)


def furthest(found, expected):
    return max(float((a - b).abs().max()) for a, b in zip(found, expected))


def differences(path, formula, seed):
    spec = importlib.util.spec_from_file_location(path.parent.name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(seed)
    layer, cell = module.Layer(INPUTS, UNITS), module.Cell(INPUTS, UNITS)
    with torch.no_grad():
        for weights in layer.parameters():
            weights.normal_(std=0.7)
    cell.load_state_dict(layer.state_dict())
    xs = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    h = torch.randn(BATCH, UNITS, requires_grad=True)
    c = torch.randn(BATCH, UNITS, requires_grad=True)
    weights = dict(layer.named_parameters())
    expected, gradients = with_gradients(lambda: by_hand(formula, weights, xs, h, c), [xs, h, c, *weights.values()])
    report = {"largest": float(expected[0].abs().max()), "gradient": max(float(g.abs().max()) for g in gradients)}
    for name, run, of in (
        ("layer", lambda: (lambda outputs, state: (outputs, *state))(*layer(xs, (h, c))), layer),
        ("cell", lambda: one_step_at_a_time(cell, xs, h, c), cell),
    ):
        found, found_gradients = with_gradients(run, [xs, h, c, *of.parameters()])
        report[name] = {"outputs": furthest(found, expected), "gradients": furthest(found_gradients, gradients)}
    return report


root = Path(sys.argv[1])
json.dump(
    {
        "nascell": differences(root / "nascell" / "cell.py", nascell, 1),
        "worked-example": differences(root / "worked-example" / "cell.py", worked_example, 2),
    },
    sys.stdout,
)
