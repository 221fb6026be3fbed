"""Numbers of published formulas, written out by hand, in float64: NASCell, the worked example of base 2 (Zoph & Le
2017, §3.4 and appendix), PyTorch's LSTM and GRU. Run: /usr/bin/python3 published_formulas.py > published-formulas.numbers.json
Weights of leaf i are rows i*H to (i+1)*H. The loss is the sum of outputs * cosine, plus the last c where there is one.
"""
import json
import torch

STEPS, BATCH, HIDDEN = 20, 2, 3
torch.set_default_dtype(torch.float64)


def nascell(w, u, x, h, c):
    s = [w[i] @ x.T for i in range(8)]
    r = [u[i] @ h.T for i in range(8)]
    c = c.T
    l1 = torch.sigmoid(s[0] + r[0])
    l2 = torch.relu(s[1] + r[1])
    l3 = torch.sigmoid(s[2] + r[2])
    l4 = torch.relu(s[3] * r[3])
    l5 = torch.tanh(s[4] + r[4])
    l6 = torch.sigmoid(s[5] + r[5])
    l7 = torch.tanh(s[6] + r[6])
    l8 = torch.sigmoid(s[7] + r[7])
    m1 = torch.tanh(torch.tanh(l1 * l2) + c)
    m2 = torch.tanh(l3 + l4)
    m3 = torch.tanh(l5 * l6)
    m4 = torch.sigmoid(l7 + l8)
    new_c = m1 * m2
    return torch.tanh(new_c * torch.tanh(m3 + m4)).T, new_c.T


def worked_example(w, u, x, h, c):
    a0 = torch.tanh(w[0] @ x.T + u[0] @ h.T)
    product = (w[1] @ x.T) * (u[1] @ h.T)
    a0 = torch.relu(a0 + c.T)
    return torch.sigmoid(a0 * torch.relu(product)).T, product.T


def report(outputs, extra, inputs, parameters):
    loss = (outputs * torch.cos(torch.arange(outputs.numel()).reshape(outputs.shape))).sum() + extra
    loss.backward()
    flat = lambda tensor: [float(f"{value:.12g}") for value in tensor.detach().flatten().tolist()]
    return {
        "inputs": flat(inputs),
        "parameters": {name: flat(value) for name, value in parameters.items()},
        "outputs": flat(outputs),
        "gradients": {"inputs": flat(inputs.grad), **{name: flat(value.grad) for name, value in parameters.items()}},
    }


def tree(step, leaves, seed):
    torch.manual_seed(seed)
    x = torch.randn(STEPS, BATCH, HIDDEN, requires_grad=True)
    w = (0.7 * torch.randn(leaves * HIDDEN, HIDDEN)).requires_grad_()
    u = (0.7 * torch.randn(leaves * HIDDEN, HIDDEN)).requires_grad_()
    h, c, outputs = torch.zeros(BATCH, HIDDEN), torch.zeros(BATCH, HIDDEN), []
    for t in range(STEPS):
        h, c = step(w.reshape(leaves, HIDDEN, HIDDEN), u.reshape(leaves, HIDDEN, HIDDEN), x[t], h, c)
        outputs.append(h)
    return report(torch.stack(outputs), c.sum(), x, {"weight_input": w, "weight_hidden": u})


def native(kind, seed):
    torch.manual_seed(seed)
    layer = kind(HIDDEN, HIDDEN)
    x = torch.randn(STEPS, BATCH, HIDDEN, requires_grad=True)
    outputs, last = layer(x)
    extra = last[1].sum() if kind is torch.nn.LSTM else 0
    return report(outputs, extra, x, dict(layer.named_parameters()))


print(json.dumps({
    "steps": STEPS, "batch": BATCH, "hidden": HIDDEN,
    "nascell": tree(nascell, 8, 1), "worked-example": tree(worked_example, 2, 2),
    "lstm": native(torch.nn.LSTM, 3), "gru": native(torch.nn.GRU, 4),
}))
