"""SEAL in NumPy, written from the formulas: what our numbers are held to.

A small network with BatchNormalization, its gradients by hand, the
reference's SGD, Adam, and the rules of docs/methods (SEAL, steps 1 to 5).
Nothing of seal_tf is used here.
"""

import math

import numpy as np

NAMES = [
    *("w1", "b1", "gamma1", "beta1"),
    *("w2", "b2", "gamma2", "beta2"),
    *("w3", "b3"),
]
EARLY = {"w1", "b1", "gamma1", "beta1"}
EPSILON, BN_MOMENTUM = 1e-3, 0.9


def _bn_forward(z, gamma, beta):
    mean, var = z.mean(0), z.var(0)
    normed = (z - mean) / np.sqrt(var + EPSILON)
    return gamma * normed + beta, normed, mean, var


def _bn_backward(grad, normed, var, gamma):
    d = grad * gamma
    centred = d - d.mean(0) - normed * (d * normed).mean(0)
    d_in = centred / np.sqrt(var + EPSILON)
    return d_in, (grad * normed).sum(0), grad.sum(0)


def _bn_inference(z, gamma, beta, mean, var):
    normed = (z - mean) / np.sqrt(var + EPSILON)
    return gamma * normed + beta, normed, mean, var


def gradients(p, x, onehot, frozen=0):
    """Loss gradients and BN batch statistics of Dense-BN-ReLU twice, Dense.

    Args:
        frozen: 0, or 1: the first Dense and its BN are frozen, the BN in
            inference mode, and their gradients are not to be used.
    """
    z1 = x @ p["w1"] + p["b1"]
    if frozen:
        a1, n1, mean1, var1 = _bn_inference(
            z1, p["gamma1"], p["beta1"], p["mean1"], p["var1"]
        )
    else:
        a1, n1, mean1, var1 = _bn_forward(z1, p["gamma1"], p["beta1"])
    h1 = np.maximum(a1, 0)
    a2, n2, mean2, var2 = _bn_forward(
        h1 @ p["w2"] + p["b2"], p["gamma2"], p["beta2"]
    )
    h2 = np.maximum(a2, 0)
    logits = h2 @ p["w3"] + p["b3"]
    soft = np.exp(logits - logits.max(1, keepdims=True))
    soft /= soft.sum(1, keepdims=True)
    g = {}
    d = (soft - onehot) / len(x)
    g["w3"], g["b3"] = h2.T @ d, d.sum(0)
    d = (d @ p["w3"].T) * (a2 > 0)
    d, g["gamma2"], g["beta2"] = _bn_backward(d, n2, var2, p["gamma2"])
    g["w2"], g["b2"] = h1.T @ d, d.sum(0)
    d = (d @ p["w2"].T) * (a1 > 0)
    d, g["gamma1"], g["beta1"] = _bn_backward(d, n1, var1, p["gamma1"])
    g["w1"], g["b1"] = x.T @ d, d.sum(0)
    return g, {"mean1": mean1, "var1": var1, "mean2": mean2, "var2": var2}


def rate_of(epoch, epochs, base, warmup):
    if epoch < warmup:
        return base * (epoch + 1) / warmup
    return (
        base
        / 2
        * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup)))
    )


class SGD:
    """PyTorch's form: v = m v + (g + l2 w); w = w - rate v."""

    def __init__(self, momentum=0.9, l2=5e-4):
        self.momentum, self.l2 = momentum, l2

    def new(self):
        self.v = {n: 0.0 for n in NAMES}

    def step(self, p, n, g, rate, ascends):
        # -S r times the velocity of plain gradients, without L2, is the
        # same step as +S r times the velocity of negated ones.
        decay = 0.0 if ascends else self.l2 * p[n]
        self.v[n] = self.momentum * self.v[n] + g + decay
        p[n] = p[n] - rate * self.v[n]

    def end_step(self):
        pass


class Adam:
    def __init__(self, b1=0.9, b2=0.999, eps=1e-7):
        self.b1, self.b2, self.eps = b1, b2, eps

    def new(self):
        self.t = 1
        self.m = {n: 0.0 for n in NAMES}
        self.v = {n: 0.0 for n in NAMES}

    def step(self, p, n, g, rate, ascends):
        self.m[n] = self.b1 * self.m[n] + (1 - self.b1) * g
        self.v[n] = self.b2 * self.v[n] + (1 - self.b2) * g * g
        correction = math.sqrt(1 - self.b2**self.t) / (1 - self.b1**self.t)
        p[n] = p[n] - rate * correction * self.m[n] / (
            np.sqrt(self.v[n]) + self.eps
        )

    def end_step(self):
        self.t += 1


def train(p, batches, optimizer, *, generations, length, k, s, rate):
    """SEAL, epoch by epoch.

    Args:
        p: Parameters by name, and mean1, var1, mean2, var2.
        batches: The (x, onehot) of every epoch.
        rate: Function of the epoch within the generation.

    Yields:
        All of p after each epoch.
    """
    p = dict(p)
    for generation in range(generations):
        for e in range(length):
            ascent = generation >= 1 and e < k
            if e == 0 or (generation >= 1 and e == k):
                optimizer.new()
            r = rate(e)
            for x, onehot in batches:
                g, stats = gradients(p, x, onehot)
                for n in NAMES:
                    if ascent and n in EARLY:
                        # The sign on the rate, as in the paper.
                        optimizer.step(p, n, -g[n], s * r, ascends=True)
                    else:
                        optimizer.step(p, n, g[n], r, ascends=False)
                optimizer.end_step()
                for n, value in stats.items():
                    p[n] = BN_MOMENTUM * p[n] + (1 - BN_MOMENTUM) * value
            yield dict(p)


GROUPS = (
    ("w1", "b1", "gamma1", "beta1"),
    ("w2", "b2", "gamma2", "beta2"),
    ("w3", "b3"),
)


def train_groups(p, batches, optimizer, epochs):
    """Training with a rate for each of three groups at every step.

    Args:
        p: Parameters by name, with BN's statistics.
        batches: The (x, onehot) of every epoch.
        epochs: For each epoch a dict: "rates", signed, [steps][3]; "l2",
            whether decay is in force, [steps][3]; "frozen", 0 or 1 groups;
            "new": whether the optimizer is made new before it; "weights":
            parameters that are replaced before it.

    Yields:
        All of p after each epoch.
    """
    p = dict(p)
    optimizer.new()
    for epoch in epochs:
        if epoch.get("new"):
            optimizer.new()
        p.update(epoch.get("weights", {}))
        frozen = epoch.get("frozen", 0)
        for (x, onehot), rates, l2 in zip(
            batches, epoch["rates"], epoch["l2"], strict=True
        ):
            g, stats = gradients(p, x, onehot, frozen)
            for names, rate, decays in zip(
                GROUPS[frozen:], rates[frozen:], l2[frozen:], strict=True
            ):
                for n in names:
                    # The sign rides on the gradient, the size on the rate.
                    sign = -1 if rate < 0 else 1
                    optimizer.step(
                        p, n, sign * g[n], abs(rate), ascends=not decays
                    )
            optimizer.end_step()
            for n, value in stats.items():
                p[n] = BN_MOMENTUM * p[n] + (1 - BN_MOMENTUM) * value
        yield dict(p)
