"""nanoGPT's configuration for a CPU (A. Karpathy): 4 layers, 4 heads, 128 wide, 64 characters."""

import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, batches, count, warm_cosine

WIDTH, BLOCKS, HEADS, LENGTH, CHARACTERS = 128, 4, 4, 64, 65
PARTS = ["ln_1", "attn", "ln_2", "fc", "proj"]  # of a block
SUMMARY = ["loss"]


class Norm(nn.Module):
    """Layer normalisation without a bias."""
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return F.layer_norm(x, (WIDTH,), self.weight)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(CHARACTERS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        for i in range(1, BLOCKS + 1):
            self.add_module(f"h{i}_ln_1", Norm())
            self.add_module(f"h{i}_attn", nn.MultiheadAttention(WIDTH, HEADS, bias=False, batch_first=True))
            self.add_module(f"h{i}_ln_2", Norm())
            self.add_module(f"h{i}_fc", nn.Linear(WIDTH, 4 * WIDTH, bias=False))
            self.add_module(f"h{i}_proj", nn.Linear(4 * WIDTH, WIDTH, bias=False))
        self.ln_f, self.lm_head = Norm(), nn.Linear(WIDTH, CHARACTERS, bias=False)
        self.lm_head.weight = self.wte.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02 / (2 * BLOCKS) ** 0.5 if name.endswith("_proj.weight") else 0.02)

    def forward(self, text):
        x = self.wte(text) + self.wpe.weight
        later = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
        for i in range(1, BLOCKS + 1):
            norm1, attention, norm2, wide, narrow = (getattr(self, f"h{i}_{name}") for name in PARTS)
            a = norm1(x)
            x = x + attention(a, a, a, attn_mask=later, need_weights=False)[0]
            x = x + narrow(F.gelu(wide(norm2(x))))
        return self.lm_head(self.ln_f(x))


def loss(net, b):
    return F.cross_entropy(net(b["text"]).flatten(0, 1), b["next"].flatten())


def optimizer(net):
    matrices = [p for p in net.parameters() if p.dim() == 2]
    vectors = [p for p in net.parameters() if p.dim() == 1]
    return optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0}],
                       lr=1e-3, betas=(0.9, 0.99))


def score(net, split):
    return {"loss": sum(loss(net, b).item() * count(b) for b in batches(split, 100)) / count(split)}


recipe = Recipe(data="text", steps=2000, batch=12, clip=1, rate=warm_cosine(100, 0.1), metrics={}, summary=score,
                loss=loss, optimizer=optimizer)
