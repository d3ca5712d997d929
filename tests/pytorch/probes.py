"""Makes probes.json: what PyTorch and numpy compute, in f64, for the probes that compare forms of a block, insert identities,
follow input gradients, remove blocks, look around weights, and learn from few labels. Values and digests are those of kernels.py.
The last three are of a small net that has learned the digits 0 to 3; it is kept with the images in probes.safetensors.

    python3 tests/pytorch/probes.py          (PyTorch 2.x on CPU, numpy, scikit-learn, safetensors)
"""

import copy
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.datasets import load_digits

import kernels
import make

IMAGES, INPUT, CHANNELS, PATHS, WIDTH, CLASSES = 5, (2, 7, 9), 16, 4, 12, 5
ROWS, COLUMNS, LAGS = 40, 5, 6
FOLDER = pathlib.Path(__file__).parent
NET, FEW, TESTS = "resnet-14:width=2,input=1x8x8,classes=4", 7, 25
# Of the digits' pixels, 0 to 1.
MEAN, DEVIATION = 0.3, 0.38
# fc.weight that the product gives this net with seed 1.
HEAD = [
    0.23212309, 0.30350775, -0.4101423, -0.12343934, 0.20281209, -0.32862103, -0.46474913, -0.654218,
    -0.35062975, 0.17590007, 0.17432621, -0.4380158, -0.48347417, -0.17629057, -0.24114387, -0.21986116,
    -0.7119735, -0.3413904, -0.22466971, 0.21717721, 0.23602043, -0.024102375, 0.21737948, 0.3170382,
    -0.5367998, 0.17423813, -0.059927512, 0.33140725, 0.18323445, 0.12346957, -0.024507903, -0.36519352,
]
SIDE = 5


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


def digits():
    """FEW training and TESTS test images of each of the digits 0 to 3, and what is left of them to learn from first."""
    pixels, labels = load_digits(return_X_y=True)
    parts = [[], [], []]
    for label in range(4):
        found = [(image, label) for image in pixels[labels == label]]
        for part, images in zip(parts, (found[:FEW], found[FEW : FEW + TESTS], found[FEW + TESTS :])):
            part += images
    return [(np.stack([image for image, _ in part]).astype(np.uint8), torch.tensor([label for _, label in part])) for part in parts]


def normalised(pixels):
    """As f32 has it."""
    values = (pixels.astype(np.float32) / np.float32(16) - np.float32(MEAN)) / np.float32(DEVIATION)
    return torch.tensor(values).double().reshape(-1, 1, 8, 8)


def backbone(pixels, labels):
    torch.manual_seed(5)
    net = make.Net(make.parse(NET)).double()
    for parameter in net.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, 0, (2 / parameter[0].numel()) ** 0.5)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    images = normalised(pixels)
    for _ in range(120):
        batch = torch.randint(len(labels), (64,))
        optimizer.zero_grad()
        F.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimizer.step()
    # What is kept is rounded.
    net.load_state_dict({name: value.float() for name, value in net.state_dict().items()})
    return net


def copied(net):
    # What it has seen cannot be copied.
    net.seen = {}
    return copy.deepcopy(net)


def accuracy(net, images, labels):
    """Batch statistics; no two classes may be so near that rounding decides."""
    with torch.no_grad():
        logits = copied(net)(images)
    best = logits.topk(2).values
    assert (best[:, 0] - best[:, 1]).min() > 1e-4, "take another seed"
    return float((logits.argmax(1) == labels).double().mean())


class Removed(torch.nn.Module):
    """A block of which only the shortcut is left."""

    def __init__(self, block):
        super().__init__()
        self.stride, self.outputs = block.stride, block.outputs

    def forward(self, x, see):
        x = x[:, :, :: self.stride, :: self.stride]
        return F.relu(F.pad(x, (0, 0, 0, 0, 0, self.outputs - x.shape[1])))


def lesions(net, images, labels):
    found = [accuracy(net, images, labels)]
    for stage in (1, 2, 3):
        for block in range(2):
            patient = copied(net)
            layer = getattr(patient, f"layer{stage}")
            layer[block] = Removed(layer[block])
            found.append(accuracy(patient, images, labels))
    return found


def landscape(net, images, labels):
    """Losses on a grid of -1..1 along two filter-normalised directions; streams by place in the order of the names."""
    weights = sorted((name, value) for name, value in net.named_parameters() if value.dim() > 1)
    along = []
    for number in range(2):
        direction = {}
        for at, (name, value) in enumerate(weights):
            raw = torch.tensor(kernels.values(value.numel(), 5000 + 100 * number + at)).reshape(value.shape)
            length = lambda filters: filters.detach().flatten(1).norm(dim=1).reshape(-1, *[1] * (value.dim() - 1))
            direction[name] = raw * length(value) / length(raw)
        along.append(direction)
    losses = []
    for y in torch.linspace(-1, 1, SIDE).tolist():
        for x in torch.linspace(-1, 1, SIDE).tolist():
            there = copied(net)
            with torch.no_grad():
                for name, value in there.named_parameters():
                    for share, direction in zip((x, y), along):
                        value += share * direction.get(name, 0)
                losses.append(float(F.cross_entropy(there(images), labels)))
    return losses


def transfer(learned, few, tests):
    """The last layer alone, and then everything, trained on a few images at once: accuracy, and how far each layer moves."""
    found = {}
    for way in ("frozen", "fine-tuned"):
        net = copied(learned)
        with torch.no_grad():
            net.fc.weight.copy_(torch.tensor(HEAD).float().reshape(net.fc.weight.shape))
            net.fc.bias.zero_()
        before = {name: value.detach().clone() for name, value in net.named_parameters()}
        trained = net.fc.parameters() if way == "frozen" else net.parameters()
        optimizer = torch.optim.SGD(trained, lr=0.02, momentum=0.9, weight_decay=1e-4)
        for step in range(200):
            optimizer.param_groups[0]["lr"] = 0.5 * 0.02 * (1 + math.cos(math.pi * step / 200))
            net.zero_grad()
            F.cross_entropy(net(few[0]), few[1]).backward()
            optimizer.step()
        layers = [name for name in before if before[name].dim() > 1]
        now = dict(net.named_parameters())
        moved = [float((now[name].detach() - before[name]).norm() / before[name].norm()) for name in layers]
        found[way] = {"accuracy": accuracy(net, *tests), "moved": moved}
    return found


def learned_net():
    (few, few_labels), (tests, test_labels), rest = digits()
    net = backbone(*rest).train()
    state = {name: value for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    kept = {f"weights/{name}": value.float().contiguous() for name, value in state.items()}
    kept |= {"pixels": torch.tensor(np.concatenate([few, tests])), "labels": torch.cat([few_labels, test_labels]).to(torch.uint8)}
    kept["head"] = torch.tensor(HEAD).float()
    save_file(kept, FOLDER / "probes.safetensors")
    few, tests = (normalised(few), few_labels), (normalised(tests), test_labels)
    return {"lesions": lesions(net, *tests), "landscape": landscape(net, *tests), "transfer": transfer(net, few, tests)}


def main():
    made = {"forms": forms(), "series": series(), "identity": identity(), "learned": learned_net()}
    (FOLDER / "probes.json").write_text(json.dumps(made, indent=1) + "\n")
    print(made["identity"], made["series"], made["learned"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
