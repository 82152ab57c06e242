"""PyTorch, eager. Images are laid out as it likes them, and targets are class numbers."""

from worker import Data, serve

import torch
from torch import nn


class ChannelsFirst(nn.Module):
    """[batch, 28, 28, 1] as [batch, 1, 28, 28]: with one channel the numbers stay where they are."""

    def forward(self, x):
        return x.reshape(x.shape[0], 1, x.shape[1], x.shape[2])


def build(network, kernels):
    modules = [ChannelsFirst()] if len(network["input"]) == 3 else []
    shape, kernels = list(network["input"]), iter(kernels)
    for layer in network["layers"]:
        if layer["kind"] == "pool":
            modules.append(nn.MaxPool2d(2))
            shape = [shape[0] // 2, shape[1] // 2, shape[2]]
            continue
        kernel = torch.from_numpy(next(kernels).copy())
        if layer["kind"] == "conv":
            module = nn.Conv2d(shape[2], layer["filters"], layer["size"], padding="same")
            kernel = kernel.permute(3, 2, 0, 1)
            shape = [shape[0], shape[1], layer["filters"]]
        else:
            if len(shape) == 3:
                modules.append(nn.Flatten())
                # Its rows are ordered by height, width, channel; flattening here goes by channel first.
                kernel = kernel.reshape(*shape, -1).permute(2, 0, 1, 3).reshape(kernel.shape)
            kernel = kernel.T
            module = nn.Linear(kernel.shape[1], kernel.shape[0])
            shape = [layer["units"]]
        with torch.no_grad():
            module.weight.copy_(kernel)
            module.bias.zero_()
        modules.append(module)
        activation = layer.get("activation")
        if activation:
            modules.append(nn.ReLU() if activation == "relu" else nn.Sigmoid())
    return nn.Sequential(*modules)


def training(task, data):
    model = build(task["network"], data.kernels())
    if len(task["network"]["input"]) == 3:
        model = model.to(memory_format=torch.channels_last)
    # The fused update pays with many parameters, and costs with few.
    fused = sum(parameter.numel() for parameter in model.parameters()) > 1_000_000
    optimizer = torch.optim.SGD(model.parameters(), lr=task["learningRate"], fused=fused or None)
    images = data.batches("images", task["batchSize"])
    classes = [labels.argmax(1) for labels in data.batches("labels", task["batchSize"])]
    entropy = nn.functional.cross_entropy
    counter = 0

    def step():
        nonlocal counter
        batch = counter % len(images)
        counter += 1
        optimizer.zero_grad()
        loss = entropy(model(torch.from_numpy(images[batch])), torch.from_numpy(classes[batch]))
        loss.backward()
        optimizer.step()

    def check():
        with torch.inference_mode():
            return [entropy(model(torch.from_numpy(images[0])), torch.from_numpy(classes[0])).item()]

    return step, check


def prediction(task, data):
    model = build(task["network"], data.kernels()).eval()
    images = data.batches("images", 1)
    counter = 0

    def ask(image):
        with torch.inference_mode():
            return torch.softmax(model(torch.from_numpy(image)), 1).numpy()

    def step():
        nonlocal counter
        counter += 1
        return ask(images[counter % len(images)])

    return step, lambda: ask(images[0])[0]


def product(task, data):
    a, b = torch.from_numpy(data["a"]), torch.from_numpy(data["b"])
    size = task["size"]
    c = torch.zeros(size, size)
    elements = [0, size - 1, size * (size >> 1) + 7, size * (size - 1), size * size - 1]
    return lambda: torch.mm(a, b, out=c), lambda: c.reshape(-1)[elements].tolist()


def prepare(setup):
    torch.set_num_threads(setup["threads"])
    task = setup["task"]
    make = {"train": training, "predict": prediction, "multiply": product}[task["kind"]]
    step, check = make(task, Data(task["data"]))
    return {"version": torch.__version__, "step": step, "check": check}


serve(prepare)
