"""Optimizers that this version of PyTorch has not, or has with a mistake."""

import torch
from torch import optim


class Lion(optim.Optimizer):
    """X. Chen et al., Symbolic discovery of optimization algorithms, 2023; torch has none."""

    def __init__(self, parameters, lr, beta1, beta2, weight_decay):
        super().__init__(parameters, {"lr": lr})
        self.options = lr, beta1, beta2, weight_decay

    @torch.no_grad()
    def step(self):
        lr, beta1, beta2, weight_decay = self.options
        for p in self.param_groups[0]["params"]:
            m = self.state[p].get("m", torch.zeros_like(p))
            p -= lr * (torch.sign(beta1 * m + (1 - beta1) * p.grad) + weight_decay * p)
            self.state[p]["m"] = beta2 * m + (1 - beta2) * p.grad


class NAdam(optim.Optimizer):
    """torch.optim.NAdam as it is from version 2 on; those before it multiply the product of the mus by one too many."""

    def __init__(self, parameters, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3):
        super().__init__(parameters, {"lr": lr})
        self.options, self.steps, self.product = (*betas, eps, weight_decay, momentum_decay), 0, 1

    @torch.no_grad()
    def step(self):
        beta1, beta2, eps, weight_decay, momentum_decay = self.options
        lr = self.param_groups[0]["lr"]
        self.steps += 1
        mu, after = (beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (self.steps, self.steps + 1))
        self.product *= mu
        for p in self.param_groups[0]["params"]:
            g = p.grad + weight_decay * p
            m, v = self.state[p].get("moments", (torch.zeros_like(p), torch.zeros_like(p)))
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            self.state[p]["moments"] = m, v
            way = (1 - mu) / (1 - self.product) * g + after / (1 - self.product * after) * m
            p -= lr * way / (torch.sqrt(v / (1 - beta2 ** self.steps)) + eps)


if int(torch.__version__.split(".")[0]) >= 2:
    NAdam = optim.NAdam
