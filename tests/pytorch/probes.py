"""Makes probes.json: what PyTorch and numpy compute, in f64, for the probes that compare forms of a block, insert identities
and follow input gradients. Values and digests are those of kernels.py.

    python3 tests/pytorch/probes.py          (PyTorch 2.x on CPU, numpy)
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

import kernels

IMAGES, INPUT, CHANNELS, PATHS, WIDTH, CLASSES = 5, (2, 7, 9), 16, 4, 12, 5
ROWS, COLUMNS, LAGS = 40, 5, 6


def block_values(seed):
    """The grouped form's parameters: stream by place in the order of the names."""
    norm = lambda name, width: {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}
    shapes = {
        "stem.weight": (CHANNELS, INPUT[0], 3, 3),
        "conv1.weight": (WIDTH, CHANNELS, 1, 1),
        "conv2.weight": (WIDTH, WIDTH // PATHS, 3, 3),
        "conv3.weight": (CHANNELS, WIDTH, 1, 1),
        "fc.weight": (CLASSES, CHANNELS),
        "fc.bias": (CLASSES,),
    } | norm("stem_norm", CHANNELS) | norm("bn1", WIDTH) | norm("bn2", WIDTH)
    found = {}
    for at, (name, shape) in enumerate(sorted(shapes.items())):
        value = kernels.values(int(np.prod(shape)), seed * 1000 + at).astype(np.float32).reshape(shape)
        if len(shape) > 1:
            value = value * np.float32((6 / np.prod(shape[1:])) ** 0.5)
        elif name.endswith("running_var"):
            value = np.float32(1) + np.float32(0.5) * value
        elif name.endswith("weight"):
            value = np.float32(1) + np.float32(0.25) * value
        else:
            value = np.float32(0.25) * value
        found[name] = torch.tensor(value, dtype=torch.float64, requires_grad=not "running" in name)
    return found


def block(values, images, labels, grouped):
    def norm(name, x, part=slice(None)):
        return F.batch_norm(x, None, None, values[f"{name}.weight"][part], values[f"{name}.bias"][part], training=True)

    x = kernels.relu(norm("stem_norm", F.conv2d(images, values["stem.weight"], padding=1)))
    x.retain_grad()
    if grouped:
        y = kernels.relu(norm("bn1", F.conv2d(x, values["conv1.weight"])))
        y = kernels.relu(norm("bn2", F.conv2d(y, values["conv2.weight"], padding=1, groups=PATHS)))
        y = F.conv2d(y, values["conv3.weight"])
    else:
        y = 0
        for path in range(PATHS):
            part = slice(path * WIDTH // PATHS, (path + 1) * WIDTH // PATHS)
            z = kernels.relu(norm("bn1", F.conv2d(x, values["conv1.weight"][part]), part))
            z = kernels.relu(norm("bn2", F.conv2d(z, values["conv2.weight"][part], padding=1), part))
            y = y + F.conv2d(z, values["conv3.weight"][:, part])
    output = kernels.relu(y + x)
    loss = F.cross_entropy(output.mean((2, 3)) @ values["fc.weight"].T + values["fc.bias"], labels)
    for value in values.values():
        value.grad = None
    loss.backward()
    found = {"block": output, "x": x.grad}
    found |= {name: values[name].grad for name in ("conv1.weight", "bn1.weight", "conv2.weight", "bn2.bias", "conv3.weight")}
    return {name: kernels.digest(value) for name, value in found.items()}


def forms():
    labels = torch.arange(IMAGES) ** 2 % CLASSES
    for seed in range(1, 1000):
        values = block_values(seed)
        images = torch.tensor(kernels.values(IMAGES * int(np.prod(INPUT)), seed * 1000 + 999)).reshape(IMAGES, *INPUT)
        try:
            paths, grouped = block(values, images, labels, False), block(values, images, labels, True)
        except kernels.Near:
            continue
        for name in paths:
            assert np.allclose(paths[name], grouped[name], rtol=1e-9, atol=1e-12), name
        return {"seed": seed, "digests": paths}
    raise SystemExit("every seed is too near to a kink")


def series():
    rows = kernels.values(ROWS * COLUMNS, 7).reshape(ROWS, COLUMNS)
    rows = np.cumsum(rows, axis=0) + rows[::-1]
    off = rows - rows.mean(0)
    by_lag = [float((off[: ROWS - lag] * off[lag:]).sum() / (off * off).sum()) for lag in range(LAGS + 1)]
    unit = torch.nn.functional.normalize(torch.tensor(rows), dim=1)
    cosines = (unit @ unit.T).numpy()
    return {"by_lag": by_lag, "cosine": float(cosines[~np.eye(ROWS, dtype=bool)].mean())}


def identity():
    """A plain block that passes everything on with running statistics, and what it does with a batch's own."""
    x = torch.tensor(kernels.values(4 * 3 * 5 * 5, 11)).reshape(4, 3, 5, 5).clamp(min=0)
    mean, variance = torch.tensor([0.2, 0.3, 0.1], dtype=torch.float64), torch.tensor([0.05, 0.1, 0.2], dtype=torch.float64)
    kernel = torch.nn.init.dirac_(torch.empty(3, 3, 3, 3, dtype=torch.float64))
    deviation = (variance + 1e-5).sqrt()
    found = {}
    for name, training in (("running", False), ("batch", True)):
        y = x
        for _ in range(2):
            y = F.relu(F.batch_norm(F.conv2d(y, kernel, padding=1), mean.clone(), variance.clone(), deviation, mean, training))
        found[name] = float((y - x).abs().max())
    return found


def main():
    made = {"forms": forms(), "series": series(), "identity": identity()}
    (pathlib.Path(__file__).parent / "probes.json").write_text(json.dumps(made, indent=1) + "\n")
    print(made["identity"], made["series"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
