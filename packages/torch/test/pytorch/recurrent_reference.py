"""What PyTorch computes for recurrent cells, for packages/torch/test/pytorch/recurrent.test.ts.

    python3 packages/torch/test/pytorch/recurrent_reference.py > packages/torch/test/pytorch/recurrent.numbers.json

Inputs come from a formula (`Numbers`) that the test computes too, so that nothing but results is stored.
"""

import json
import sys

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True  # this folder is part of the sources
from shared_numbers import Numbers, flat

torch.set_num_threads(1)

STEPS, BATCH, INPUTS, UNITS, CLASSES = 6, 3, 7, 5, 11


def nas_cell(x, h, c, weight_input, weight_hidden):
    """NASCell, after its definition in TensorFlow's contrib library."""
    i, m = (x @ weight_input.T).chunk(8, 1), (h @ weight_hidden.T).chunk(8, 1)
    first = [
        torch.sigmoid(i[0] + m[0]),
        torch.relu(i[1] + m[1]),
        torch.sigmoid(i[2] + m[2]),
        torch.relu(i[3] * m[3]),
        torch.tanh(i[4] + m[4]),
        torch.sigmoid(i[5] + m[5]),
        torch.tanh(i[6] + m[6]),
        torch.sigmoid(i[7] + m[7]),
    ]
    second = [
        torch.tanh(first[0] * first[1]),
        torch.tanh(first[2] + first[3]),
        torch.tanh(first[4] * first[5]),
        torch.sigmoid(first[6] + first[7]),
    ]
    second[0] = torch.tanh(second[0] + c)
    product = second[0] * second[1]
    third = [torch.tanh(product), torch.tanh(second[2] + second[3])]
    return torch.tanh(third[0] * third[1]), product


def lstm_cell(x, h, c, weight_input, weight_hidden):
    return torch.lstm_cell(x, (h, c), weight_input, weight_hidden)


def layer(cell, leaves, mask):
    """Results, and all gradients of Σ weight · result, of one layer over a sequence."""
    numbers = Numbers(7)
    x, h, c, weight_input, weight_hidden = leaf_tensors = [
        numbers.tensor(shape, scale).requires_grad_()
        for shape, scale in [
            ([STEPS, BATCH, INPUTS], 1),
            ([BATCH, UNITS], 1),
            ([BATCH, UNITS], 1),
            ([leaves * UNITS, INPUTS], 0.7),
            ([leaves * UNITS, UNITS], 0.7),
        ]
    ]
    kept = numbers.tensor([BATCH, UNITS]) + 1
    weights = [numbers.tensor([STEPS, BATCH, UNITS]), numbers.tensor([BATCH, UNITS]), numbers.tensor([BATCH, UNITS])]
    outputs = []
    for step in range(STEPS):
        h, c = cell(x[step], h * kept if mask else h, c, weight_input, weight_hidden)
        outputs.append(h)
    results = [torch.stack(outputs), h, c]
    sum((weight * result).sum() for weight, result in zip(weights, results)).backward()
    return {
        "results": [flat(result) for result in results],
        "gradients": [flat(tensor.grad) for tensor in leaf_tensors],
    }


def linear_cross_entropy():
    numbers = Numbers(8)
    hidden, weight, bias = [numbers.tensor(shape, 2).requires_grad_() for shape in ([9, INPUTS], [CLASSES, INPUTS], [CLASSES])]
    loss = F.cross_entropy(F.linear(hidden, weight, bias), numbers.labels(9, CLASSES))
    loss.backward()
    return {"loss": loss.item(), "gradients": [flat(tensor.grad) for tensor in (hidden, weight, bias)]}


json.dump(
    {
        "nasCell": layer(nas_cell, 8, False),
        "nasCellMasked": layer(nas_cell, 8, True),
        "lstm": layer(lstm_cell, 4, False),
        "linearCrossEntropy": linear_cross_entropy(),
    },
    sys.stdout,
    indent=1,
)
print()
