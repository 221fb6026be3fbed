"""What PyTorch computes, for packages/torch/test/pytorch/pytorch.test.ts.

    python3 packages/torch/test/pytorch/reference.py > packages/torch/test/pytorch/reference.numbers.json

Inputs come from a formula (`Numbers`) that the test computes too, so that nothing but results is stored.
"""

import json
import math
import sys

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True  # this folder is part of the sources
from shared_numbers import Numbers, flat

torch.set_num_threads(1)


def small_cnn():
    """20 losses of a CNN with SAME padding (asymmetric at stride 2), batch norm, max pooling, SGD."""
    numbers = Numbers(1)
    modules = {
        "conv1": torch.nn.Conv2d(3, 8, 3, bias=False),
        "norm1": torch.nn.BatchNorm2d(8),
        "conv2": torch.nn.Conv2d(8, 16, (5, 3), stride=2),
        "norm2": torch.nn.BatchNorm2d(16),
        "classifier": torch.nn.Linear(16, 10),
    }
    with torch.no_grad():
        for name in ["conv1", "conv2", "classifier"]:
            module = modules[name]
            fan_in = math.prod(module.weight.shape[1:])
            module.weight.copy_(numbers.tensor(module.weight.shape, math.sqrt(6 / fan_in)))
            if module.bias is not None:
                module.bias.copy_(numbers.tensor(module.bias.shape, 0.1))
    parameters = [p for module in modules.values() for p in module.parameters()]
    optimiser = torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    batches = [(numbers.tensor([16, 3, 16, 16]), numbers.labels(16, 10)) for _ in range(4)]
    losses = []
    for step in range(20):
        images, labels = batches[step % len(batches)]
        x = F.relu(modules["norm1"](F.conv2d(images, modules["conv1"].weight, padding=1)))
        x = F.pad(x, (0, 1, 1, 2))  # 16 pixels, stride 2: 8 outputs; rows of 5 need 3 more, columns of 3 one
        x = F.relu(modules["norm2"](modules["conv2"](x)))
        x = F.max_pool2d(x, 2).mean((2, 3))
        loss = F.cross_entropy(modules["classifier"](x), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return {
        "losses": losses,
        "conv1Weight": flat(modules["conv1"].weight),
        "norm2Mean": flat(modules["norm2"].running_mean),
        "norm2Variance": flat(modules["norm2"].running_var),
    }


def optimiser_steps(make, dtype=torch.float32):
    """Ten steps from given gradients."""
    numbers = Numbers(2)
    parameters = [numbers.tensor([3, 4], dtype=dtype).requires_grad_(), numbers.tensor([5], dtype=dtype).requires_grad_()]
    optimiser = make(parameters)
    for _ in range(10):
        for parameter in parameters:
            parameter.grad = numbers.tensor(parameter.shape, dtype=dtype)
        optimiser.step()
    return [flat(parameter) for parameter in parameters]


def clip():
    numbers = Numbers(3)
    parameters = [torch.zeros(3, 4, requires_grad=True), torch.zeros(5, requires_grad=True)]
    for parameter in parameters:
        parameter.grad = numbers.tensor(parameter.shape)
    norm = torch.nn.utils.clip_grad_norm_(parameters, 0.5)
    return {"norm": norm.item(), "gradients": [flat(parameter.grad) for parameter in parameters]}


def lstm_cell():
    numbers = Numbers(4)
    cell = torch.nn.LSTMCell(5, 4)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.copy_(numbers.tensor(parameter.shape))
    inputs = [numbers.tensor(shape).requires_grad_() for shape in ([3, 5], [3, 4], [3, 4])]
    weights = [numbers.tensor([3, 4]) for _ in range(2)]
    hidden, state = cell(inputs[0], (inputs[1], inputs[2]))
    ((hidden * weights[0]).sum() + (state * weights[1]).sum()).backward()
    return {
        "names": [name for name, _ in cell.named_parameters()],
        "hidden": flat(hidden),
        "cell": flat(state),
        "gradients": [flat(tensor.grad) for tensor in [*cell.parameters(), *inputs]],
    }


def batch_norm():
    numbers = Numbers(5)
    norm = torch.nn.BatchNorm2d(4)
    with torch.no_grad():
        norm.weight.copy_(numbers.tensor([4]))
        norm.bias.copy_(numbers.tensor([4]))
    for _ in range(3):
        output = norm(numbers.tensor([2, 4, 3, 3], 2.0) + 1)
    norm.eval()
    evaluated = norm(numbers.tensor([2, 4, 3, 3]))
    return {
        "training": flat(output),
        "evaluation": flat(evaluated),
        "mean": flat(norm.running_mean),
        "variance": flat(norm.running_var),
        "names": list(norm.state_dict()),
    }


def generators():
    generator = torch.Generator().manual_seed(7)
    return {
        "uniform": flat(torch.empty(20).uniform_(-2, 3, generator=generator)),
        "normal": flat(torch.empty(20).normal_(1, 2, generator=generator)),
    }


json.dump(
    {
        "torch": torch.__version__,
        "smallCnn": small_cnn(),
        "sgd": {
            "plain": optimiser_steps(lambda p: torch.optim.SGD(p, lr=0.1)),
            "momentum": optimiser_steps(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01)),
            "nesterov": optimiser_steps(
                lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
            ),
        },
        "adam": {
            "default": optimiser_steps(lambda p: torch.optim.Adam(p, lr=0.01)),
            "weightDecay": optimiser_steps(
                lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1)
            ),
            "float64": optimiser_steps(lambda p: torch.optim.Adam(p, lr=0.01), torch.float64),
        },
        "clip": clip(),
        "lstmCell": lstm_cell(),
        "batchNorm": batch_norm(),
        "generators": generators(),
    },
    sys.stdout,
    indent=1,
)
print()
