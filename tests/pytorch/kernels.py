"""Makes kernels.json: what PyTorch computes, in f64, for each kernel of the engines' plan on odd shapes.

    python3 tests/pytorch/kernels.py          (PyTorch 2.x on CPU, numpy)

Every value comes from `values`, which tests repeat in any language, and every result is kept as a `digest`: its norm and
three of its projections. So the file stays small and a test still sees every element.
"""

import itertools
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

# Nothing that a ReLU looks at may be so near to zero that rounding decides.
MARGIN = 3e-6
# (batch 1, 3, 127) x (maps 1, 7, 9) x (channels 1, 3, 12, 20), 1x1 and 3x3, stride 1 and 2, groups: images, input, channels, kernel, stride, groups
CONVS = [
    (1, (1, 1, 1), 3, 3, 1, 1),
    (3, (3, 1, 1), 12, 3, 2, 1),
    (127, (12, 1, 1), 20, 1, 1, 4),
    (127, (20, 1, 1), 3, 1, 2, 1),
    (1, (3, 7, 7), 12, 3, 1, 1),
    (1, (12, 7, 7), 20, 3, 2, 4),
    (3, (1, 7, 7), 1, 3, 2, 1),
    (3, (20, 7, 7), 20, 3, 1, 20),
    (3, (12, 7, 9), 3, 1, 2, 3),
    (127, (3, 7, 7), 20, 1, 1, 1),
    (1, (20, 9, 9), 12, 1, 1, 1),
    (1, (1, 9, 9), 20, 3, 2, 1),
    (3, (12, 9, 9), 12, 3, 1, 3),
    (3, (20, 9, 7), 1, 3, 2, 1),
    (127, (1, 9, 9), 3, 3, 1, 1),
    (127, (3, 9, 9), 12, 3, 2, 3),
]
VIEWS = [(False, False), (True, True), (False, True), (True, False)]
# How the gradient comes back to a convolution: past normalisation, past ReLU, gated by an addition.
BEHIND = [(True, True, False), (True, False, True), (False, False, False), (False, False, True), (False, True, False)]


def values(count, stream):
    """Exact f32 values in -1..1, as f64."""
    h = (np.arange(count, dtype=np.uint64) * 2654435761 + stream * 2654435769 % 2**32) % 2**32
    h ^= h >> np.uint64(15)
    h = h * 2246822519 % 2**32
    h ^= h >> np.uint64(13)
    return (h >> np.uint64(8)).astype(np.float64) / 2**23 - 1


def digest(tensor):
    flat = tensor.detach().double().numpy().ravel()
    exact = [np.linalg.norm(flat)] + [flat @ values(flat.size, 1000 + k) for k in range(3)]
    return [float(f"{value:.10g}") for value in exact]


class Near(Exception):
    """A ReLU's argument is too near to zero."""


class Inputs:
    """A case's tensors, one stream each."""

    def __init__(self, seed):
        self.seed, self.leaves = seed, {}

    def __call__(self, stream, *shape):
        data = values(int(np.prod(shape)), self.seed * 32 + stream)
        self.leaves[stream] = torch.tensor(data).reshape(shape).requires_grad_()
        return self.leaves[stream]

    def grad(self, stream):
        return digest(self.leaves[stream].grad)


def relu(x):
    size = x.detach().abs()
    # Sums of what other ReLUs have cut off are exact zeros.
    if ((size < MARGIN) & (size > 0)).any():
        raise Near
    return F.relu(x)


def normalised(x, inputs, stream, running):
    """Streams: weight, bias, running mean, running variance."""
    channels = x.shape[1]
    weight, bias = inputs(stream, channels), inputs(stream + 1, channels)
    if not running:
        return F.batch_norm(x, None, None, weight, bias, training=True)
    mean, variance = inputs(stream + 2, channels).detach(), inputs(stream + 3, channels).detach().abs() + 0.5
    return F.batch_norm(x, mean, variance, weight, bias)


def viewed(x, inputs, stream, view, running):
    if view["norm"]:
        x = normalised(x, inputs, stream, running)
    return relu(x) if view["relu"] else x


def subsampled(x, stride, channels):
    x = x[:, :, ::stride, ::stride]
    return F.pad(x, (0, 0, 0, 0, 0, channels - x.shape[1]))


def statistics(y):
    return {"mean": digest(y.mean((0, 2, 3))), "variance": digest(y.var((0, 2, 3), correction=0))}


def gates(inputs, stream, shape):
    return (inputs(stream, *shape) > 0).double()


def conv(case, inputs):
    n, (c, h, w), out, k = case["images"], case["input"], case["channels"], case["kernel"]
    x = inputs(0, n, c, h, w)
    read = viewed(x, inputs, 1, case["view"], case["running"])
    read.retain_grad()
    weight, bias = inputs(5, out, c // case["groups"], k, k), inputs(6, out)
    y = F.conv2d(read, weight, bias, case["stride"], k // 2, groups=case["groups"])
    behind = case["behind"]
    z = normalised(y, inputs, 7, case["running"]) if behind["norm"] else y
    if behind["gate"]:
        z = F.relu(z + inputs(11, *y.shape))
    elif behind["relu"]:
        z = relu(z)
    loss = 0.5 * (z * inputs(12, *y.shape)).sum()
    if case["addend"]:
        stride, scale = case["addend"]["stride"], case["addend"]["scale"]
        shortcut = subsampled(read, stride, c + 2)
        share = inputs(13, *shortcut.shape)
        if case["addend"]["gate"]:
            share = share * gates(inputs, 14, shortcut.shape)
        loss = loss + (scale * shortcut * share).sum()
    if case["accumulate"]:
        loss = loss + (read * inputs(15, *read.shape)).sum()
    loss.backward()
    found = {"output": digest(y)} | statistics(y)
    found |= {"weight": inputs.grad(5), "into": digest(read.grad), "input": inputs.grad(0)}
    # Normalised by its batch, a bias has no gradient.
    if not behind["norm"] or case["running"]:
        found["bias"] = inputs.grad(6)
    if case["view"]["norm"]:
        found |= {"norm.weight": inputs.grad(1), "norm.bias": inputs.grad(2)}
    if behind["norm"]:
        found |= {"behind.weight": inputs.grad(7), "behind.bias": inputs.grad(8)}
    return found


def add(case, inputs):
    n, (c, h, w), stride = case["images"], case["output"], case["stride"]
    branch = inputs(0, n, c, h, w)
    shortcut = inputs(5, n, case["shortcut"], *case["size"])
    total = viewed(branch, inputs, 1, case["branch_view"], case["running"])
    total = total + case["scale"] * subsampled(viewed(shortcut, inputs, 6, case["shortcut_view"], case["running"]), stride, c)
    out = relu(total) if case["relu"] else total
    (out * inputs(10, *out.shape)).sum().backward()
    found = {"output": digest(out), "branch": inputs.grad(0)} | statistics(out)
    if case["branch_view"]["norm"]:
        found |= {"norm.weight": inputs.grad(1), "norm.bias": inputs.grad(2)}
    return found


def settle(case, inputs):
    n, (c, h, w) = case["images"], case["input"]
    x = inputs(0, n, c, h, w)
    loss = 0.5 * (viewed(x, inputs, 1, case["view"], case["running"]) * inputs(5, *x.shape)).sum()
    if case["addend"]:
        shortcut = subsampled(x, case["addend"]["stride"], c + 2)
        share = inputs(6, *shortcut.shape)
        if case["addend"]["gate"]:
            share = share * gates(inputs, 7, shortcut.shape)
        loss = loss + (case["addend"]["scale"] * shortcut * share).sum()
    loss.backward()
    return {"input": inputs.grad(0)}


def head(case, inputs):
    n, (c, h, w), classes = case["images"], case["input"], case["classes"]
    x = inputs(0, n, c, h, w)
    read = viewed(x, inputs, 1, case["view"], case["running"])
    read.retain_grad()
    pooled = read.mean((2, 3))
    pooled.retain_grad()
    logits = F.linear(pooled, inputs(5, classes, c), inputs(6, classes))
    logits.retain_grad()
    labels = torch.arange(n) ** 2 % classes
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    found = {"pooled": digest(pooled), "logits": digest(logits), "loss": digest(loss), "d logits": digest(logits.grad)}
    hits = (logits.argmax(1) == labels).sum().reshape(1)
    found |= {"weight": inputs.grad(5), "bias": inputs.grad(6), "d pooled": digest(pooled.grad), "into": digest(read.grad)}
    return found | {"hits": digest(hits)}


def update(case, inputs):
    weight = inputs(0, case["values"])
    recipe = case["optimizer"]
    group = [{"params": [weight], "weight_decay": recipe["weight_decay"]}]
    if recipe["kind"] == "adam":
        optimizer, names = torch.optim.Adam(group, lr=case["rate"]), ["exp_avg", "exp_avg_sq"]
    else:
        optimizer = torch.optim.SGD(group, lr=case["rate"], momentum=recipe["momentum"], nesterov=recipe["nesterov"])
        names = ["momentum_buffer"]
    for step in range(case["steps"]):
        weight.grad = case["clip"] * inputs(1 + step, case["values"]).detach()
        optimizer.step()
    state = optimizer.state[weight]
    states = {f"state {i}": digest(state[name]) for i, name in enumerate(names) if state.get(name) is not None}
    return {"weight": digest(weight)} | states


def cases():
    view = lambda pair: {"norm": pair[0], "relu": pair[1]}
    addends = [None, (1, 1.0, False), (1, 0.5, True), (2, 2.0, True)]
    addend = lambda of: of and {"stride": of[0], "scale": of[1], "gate": of[2]}
    for i, (images, shape, channels, kernel, stride, groups) in enumerate(CONVS):
        single = images * shape[1] * shape[2] == 1 or images * -(-shape[1] // stride) * -(-shape[2] // stride) == 1
        norm, past, gate = BEHIND[i % 5]
        yield "conv", {
            "images": images, "input": shape, "channels": channels, "kernel": kernel, "stride": stride, "groups": groups,
            "view": view(VIEWS[(i + 1) % 4]), "behind": {"norm": norm, "relu": past, "gate": gate},
            "running": single or i % 7 == 6, "addend": addend(addends[(i // 2) % 4]), "accumulate": i % 3 == 2,
        }
    adds = itertools.product((1, 3, 127), (1, 7, 9), (1, 2))
    for i, (images, side, stride) in enumerate(adds):
        c = (3, 12, 20)[i % 3]
        size = (side, side + 2 * (i % 2))
        yield "add", {
            "images": images, "output": (c, *(-(-s // stride) for s in size)), "shortcut": c if i % 4 < 2 else (1, 3)[i % 2],
            "size": size, "stride": stride, "scale": (1.0, 0.5)[i % 2], "relu": i % 3 != 1,
            "branch_view": view(VIEWS[(i + 3) % 4]), "shortcut_view": view(VIEWS[(i // 2) % 4]),
            "running": images * side == 1 or i % 5 == 4,
        }
    for i, (images, side) in enumerate(itertools.product((1, 3, 127), (1, 7, 9))):
        yield "settle", {
            "images": images, "input": ((1, 3, 12, 20)[i % 4], side, side), "view": view(VIEWS[(i + 1) % 4]),
            "addend": addend(addends[(i + 1) % 4]), "running": images * side == 1 or i % 5 == 4,
        }
        yield "head", {
            "images": images, "input": ((20, 12, 3, 1)[i % 4], side, side), "classes": (10, 3)[i % 2],
            "view": view(VIEWS[i % 4]), "running": images * side == 1,
        }
    sgd = {"kind": "sgd", "momentum": 0.9, "nesterov": False, "weight_decay": 0.01}
    for recipe in (sgd, sgd | {"nesterov": True}, sgd | {"momentum": 0.0}, sgd | {"kind": "adam"}, sgd | {"weight_decay": 0.0}):
        yield "update", {"values": 37, "optimizer": recipe, "rate": 0.05, "clip": 0.25, "steps": 4}


def main():
    made = {name: [] for name in ("conv", "add", "settle", "head", "update")}
    for number, (kind, case) in enumerate(cases()):
        for seed in range(number, 100_000, 1000):
            try:
                digests = globals()[kind](case, Inputs(seed))
            except Near:
                continue
            made[kind].append(case | {"seed": seed, "digests": digests})
            break
        else:
            raise SystemExit(f"every seed of {kind} {case} is too near to a kink")
    lines = (
        f'"{kind}": [\n' + ",\n".join(json.dumps(case) for case in of) + "\n]" for kind, of in made.items()
    )
    (pathlib.Path(__file__).parent / "kernels.json").write_text("{" + ",\n".join(lines) + "}\n")
    print({kind: len(of) for kind, of in made.items()})


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
