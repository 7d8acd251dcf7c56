"""SEAL in NumPy, written from the formulas, as a reference for the tests.

A small network with BatchNormalization and gradients by hand, the official
code's SGD, Adam, and the rules of docs/methods (SEAL, steps 1 to 5). This
file uses nothing of seal_tf.
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
    centered = d - d.mean(0) - normed * (d * normed).mean(0)
    d_in = centered / np.sqrt(var + EPSILON)
    return d_in, (grad * normed).sum(0), grad.sum(0)


def _bn_inference(z, gamma, beta, mean, var):
    normed = (z - mean) / np.sqrt(var + EPSILON)
    return gamma * normed + beta, normed, mean, var


def _softmax(logits):
    soft = np.exp(logits - logits.max(1, keepdims=True))
    return soft / soft.sum(1, keepdims=True)


def inference(p, x):
    """Return the logits of the network in inference mode."""
    h = x
    for i in ("1", "2"):
        z, *_ = _bn_inference(
            h @ p[f"w{i}"] + p[f"b{i}"],
            *(p[f"{n}{i}"] for n in ("gamma", "beta", "mean", "var")),
        )
        h = np.maximum(z, 0)
    return h @ p["w3"] + p["b3"]


def gradients(p, x, onehot, frozen=0, distill=None):
    """Return gradients and batch statistics of Dense-BN-ReLU twice, Dense.

    Args:
        distill: (alpha, temperature, teachers): the loss is
            (1 - alpha) CE + alpha temperature^2 KL, with the mean softmax of
            the teachers' parameters in inference mode.
        frozen: 0 or 1. With 1, the first Dense and its BN are frozen, the BN
            is in inference mode, and the caller ignores their gradients.
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
    g = {}
    d = (_softmax(logits) - onehot) / len(x)
    if distill:
        alpha, t, teachers = distill
        target = np.mean([_softmax(inference(q, x) / t) for q in teachers], 0)
        # t^2 times the gradient of KL, which has the factor 1 / t.
        pull = t * (_softmax(logits / t) - target) / len(x)
        d = (1 - alpha) * d + alpha * pull
    g["w3"], g["b3"] = h2.T @ d, d.sum(0)
    d = (d @ p["w3"].T) * (a2 > 0)
    d, g["gamma2"], g["beta2"] = _bn_backward(d, n2, var2, p["gamma2"])
    g["w2"], g["b2"] = h1.T @ d, d.sum(0)
    d = (d @ p["w2"].T) * (a1 > 0)
    d, g["gamma1"], g["beta1"] = _bn_backward(d, n1, var1, p["gamma1"])
    g["w1"], g["b1"] = x.T @ d, d.sum(0)
    return g, {"mean1": mean1, "var1": var1, "mean2": mean2, "var2": var2}


def rate_of(epoch, epochs, base, warmup):
    """Return the rate of an epoch: linear warm-up, then a cosine."""
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

    def reset(self):
        self.v = {n: 0.0 for n in NAMES}

    def step(self, p, n, g, rate, ascends):
        # -S r times the velocity of the gradients, without L2, is the same
        # step as +S r times the velocity of negated gradients.
        decay = 0.0 if ascends else self.l2 * p[n]
        self.v[n] = self.momentum * self.v[n] + g + decay
        p[n] = p[n] - rate * self.v[n]

    def end_step(self):
        pass


class Adam:
    def __init__(self, b1=0.9, b2=0.999, eps=1e-7):
        self.b1, self.b2, self.eps = b1, b2, eps

    def reset(self):
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
    """Train with SEAL, epoch by epoch.

    Args:
        p: Parameters by name, with mean1, var1, mean2, var2.
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
                optimizer.reset()
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
    """Train with a rate for each of three groups at every step.

    Args:
        p: Parameters by name, with the statistics of BN.
        batches: The (x, onehot) of every epoch.
        epochs: For each epoch a dict: "rates", signed, [steps][3]; "l2",
            whether decay applies, [steps][3]; "frozen", 0 or 1 groups;
            "reset": whether the optimizer is reset before it; "weights":
            parameters that are replaced before it; "distill": (alpha,
            temperature, indices of the epochs whose ends are the teachers).

    Yields:
        All of p after each epoch.
    """
    p = dict(p)
    ends = []
    optimizer.reset()
    for epoch in epochs:
        if epoch.get("reset"):
            optimizer.reset()
        p.update(epoch.get("weights", {}))
        frozen = epoch.get("frozen", 0)
        distill = epoch.get("distill")
        if distill:
            distill = (*distill[:2], [ends[e] for e in distill[2]])
        for (x, onehot), rates, l2 in zip(
            batches, epoch["rates"], epoch["l2"], strict=True
        ):
            g, stats = gradients(p, x, onehot, frozen, distill)
            for names, rate, decays in zip(
                GROUPS[frozen:], rates[frozen:], l2[frozen:], strict=True
            ):
                for n in names:
                    # The sign is in the gradient, the size in the rate.
                    sign = -1 if rate < 0 else 1
                    optimizer.step(
                        p, n, sign * g[n], abs(rate), ascends=not decays
                    )
            optimizer.end_step()
            for n, value in stats.items():
                p[n] = BN_MOMENTUM * p[n] + (1 - BN_MOMENTUM) * value
        ends.append(dict(p))
        yield dict(p)
