"""Reference numbers for lib/advantage and lib/objective: estimators, and value and gradient of every objective.

    python3 bench/reference/objectives.py > spec/golden/objectives.json

The code follows the formulas of the papers that those docstrings name, in float64, with gradients by autograd. Batches are drawn
until no number is near a kink (a clip bound, a tie, a threshold), where float32 could fall on the other side.
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)

ROWS, TOKENS, VOCABULARY = 6, 4, 5
NEAR = 2e-3


# --- estimators: lists of groups of (rewards, lengths in tokens); a reward of None is excluded from training


def equal(rewards):
    """Equal up to the rounding of 32-bit numbers."""
    return max(rewards) - min(rewards) <= max(1e-12, 1e-7 * max(abs(r) for r in rewards))


def half_range(rewards):
    return (max(rewards) - min(rewards)) / 2


def grpo(rewards):
    r = torch.tensor(rewards)
    if len(rewards) == 1:
        return rewards
    if equal(rewards):
        return [0.0] * len(rewards)
    return ((r - r.mean()) / (r.std(unbiased=True) + 1e-6 * half_range(rewards))).tolist()


def centred(rewards):
    if equal(rewards):
        return [0.0] * len(rewards)
    mean = sum(rewards) / len(rewards)
    return [r - mean for r in rewards]


def rloo(rewards):
    if len(rewards) == 1:
        return rewards
    if equal(rewards):
        return [0.0] * len(rewards)
    return [r - (sum(rewards) - r) / (len(rewards) - 1) for r in rewards]


def whitened(groups, scale):
    """Mean and deviation over tokens: each value counts once for every token of its response."""
    repeated = torch.tensor([v for rewards, tokens in groups for v, n in zip(rewards, tokens) for _ in range(n)])
    scale = torch.sqrt(repeated.var(unbiased=True) + 1e-8 * scale**2)
    return [[((v - repeated.mean()) / scale).item() for v in rewards] for rewards, _ in groups]


def scale_of(groups):
    return half_range([r for rewards, _ in groups for r in rewards])


def minus_mean(groups):
    return [(centred(rewards), tokens) for rewards, tokens in groups]


def each(of_group):
    return lambda groups: [of_group(rewards) for rewards, _ in groups]


ESTIMATORS = {
    "reinforce": each(lambda rewards: rewards),
    "raft": each(lambda rewards: [1.0 if r > 0 else None for r in rewards]),
    "raft++": each(lambda rewards: [max(r, 0.0) for r in rewards]),
    "psr": each(lambda rewards: [max(r, 0.0) for r in rewards]),
    "nsr": each(lambda rewards: [min(r, 0.0) for r in rewards]),
    "w-reinforce": each(lambda rewards: [0.1 * r if r > 0 else r for r in rewards]),
    "grpo": each(grpo),
    "dr-grpo": each(centred),
    "rloo": each(rloo),
    "reinforce++": lambda groups: whitened(groups, scale_of(groups)),
    "reinforce++-baseline": lambda groups: whitened(minus_mean(groups), scale_of(groups)),
}

JUDGED = {
    "signed, unequal lengths": [([1.0, -1.0, -1.0, 1.0], [3, 7, 1, 4]), ([-1.0, 1.0, -1.0, -1.0], [2, 2, 9, 5])],
    "all right, all wrong, mixed": [([1.0, 1.0], [2, 3]), ([-1.0, -1.0], [4, 1]), ([1.0, -1.0], [2, 2])],
    "equal up to the tolerance": [([0.3, 0.3 + 5e-9, 0.3], [1, 2, 3]), ([0.5, 0.500001, 0.499999], [2, 2, 2])],
    "a group of one": [([0.7], [3]), ([1.0, -1.0, 0.25], [1, 4, 2])],
    "small": [([0.0, 2e-6, 1e-6], [5, 1, 2]), ([1e-6, 1e-6 * (1 + 1e-9)], [3, 3])],
    "large": [([0.0, 1e9, 1e9], [5, 1, 2]), ([-1e9, 1e9, 3e8], [3, 3, 1])],
    "binary": [([0.0, 0.0, 1.0, 0.0], [5, 1, 2, 2]), ([1.0, 1.0, 0.0, 1.0], [3, 3, 1, 2])],
}


def gae(rewards, values, gamma, lam):
    """Generalised advantage as the sum over all later deltas, not by the recursion."""
    deltas = [r + gamma * (values[t + 1] if t + 1 < len(values) else 0.0) - values[t] for t, r in enumerate(rewards)]
    advantages = [sum((gamma * lam) ** (k - t) * deltas[k] for k in range(t, len(deltas))) for t in range(len(deltas))]
    return {"advantages_T": advantages, "returns_T": [a + v for a, v in zip(advantages, values)]}


GAE = [
    {"rewards_T": [0.0, 0.0, 1.0], "values_T": [0.2, 0.5, 0.9], "gamma": 1.0, "lambda": 0.95},
    {"rewards_T": [0.5, -1.0, 0.0, 2.0], "values_T": [0.1, -0.3, 0.4, 1.0], "gamma": 0.9, "lambda": 0.8},
    {"rewards_T": [1.0], "values_T": [0.25], "gamma": 0.99, "lambda": 1.0},
]


# --- batches


def drawn(seed, filtered):
    g = torch.Generator().manual_seed(seed)
    noise = lambda *shape: torch.randn(*shape, generator=g)
    single = lambda x: x.float().double()
    groups = [0, 0, 0, 1, 1, 2]  # group 1 is all equal, group 2 a group of one
    rewards = [1.0, -1.0, -1.0, 1.0, 1.0, -1.0] if filtered else [1.0, -1.0, 1.0, -1.0, -1.0, 1.0]
    advantages = [a for group in sorted(set(groups)) for a in grpo([r for r, of in zip(rewards, groups) if of == group])]
    if filtered:  # all-equal groups say nothing; give their tokens an advantage, as other estimators do
        advantages[3], advantages[4] = 0.5, -0.75
    lengths = [4, 2, 3, 4, 1, 3]
    real = torch.tensor([[1.0 if t < n else 0.0 for t in range(TOKENS)] for n in lengths])
    mask = real.clone()
    if filtered:
        mask[0, 1] = mask[2, 0] = 0.0
        mask[4] = 0.0
    logits = single(noise(ROWS, TOKENS, VOCABULARY) * 1.5)
    targets = torch.randint(0, VOCABULARY, (ROWS, TOKENS), generator=g) * real.long()
    lp = torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]
    # Shifts of whole rows, so that mean ratios differ too, and noise of tokens.
    moved = lambda row, token: single((lp + row * noise(ROWS, 1) + token * noise(ROWS, TOKENS)) * real)
    return {
        "groups_B": groups,
        "rewards_B": rewards,
        "advantages_B": single(torch.tensor(advantages)),
        "lengths_B": lengths,
        "targets_BT": targets,
        "logits_BTV": logits,
        "old_BT": moved(0.15, 0.5),
        "reference_BT": moved(0.0, 0.6),
        "sampler_BT": moved(0.3, 0.5),
        "mask_BT": mask,
    }


class Near(Exception):
    """Raised for a number near a kink; the batch is then drawn again."""


def clear(x, bound, where=None):
    distance = (x - bound).abs()
    if where is not None:
        distance = distance[where]
    if distance.numel() and distance.min() < NEAR * max(1.0, abs(float(bound)) if not torch.is_tensor(bound) else 1.0):
        raise Near


def ranked(values):
    ordered = values.sort().values
    if len(ordered) > 1 and (ordered[1:] - ordered[:-1]).min() < NEAR:
        raise Near


# --- objectives: losses per token


class Inputs:
    def __init__(self, batch, logits, mask, advantages):
        logp = torch.log_softmax(logits, -1)
        p = logp.exp()
        self.mask = mask
        self.trained = mask > 0
        self.A = advantages
        self.lp = logp.gather(-1, batch["targets_BT"][..., None])[..., 0]
        self.H = -(p * logp).sum(-1)
        chosen = self.lp.exp()
        self.S = (chosen * (self.H + self.lp)).detach()
        self.ES = (self.H * (p * p).sum(-1) + (p * p * logp).sum(-1)).detach()
        self.old, self.ref = batch["old_BT"], batch["reference_BT"]
        self.log_ratio = self.lp - self.old
        self.sg = self.lp.detach()


def clipped_loss(x, ratio, low, high):
    fixed = ratio.detach()
    clear(fixed, 1 - low, x.trained)
    clear(fixed, 1 + high, x.trained)
    plain, held = ratio * x.A, ratio.clamp(1 - low, 1 + high) * x.A
    return -torch.minimum(plain, held), (held < plain).detach()


def ppo_clip(x, clipLow, clipHigh, dualClip=None, **_):
    loss, _ = clipped_loss(x, x.log_ratio.exp(), clipLow, clipHigh)
    if dualClip is not None:
        clear(x.log_ratio.detach().exp(), dualClip, x.trained)
        loss = torch.where(x.A < 0, torch.minimum(loss, -x.A * dualClip), loss)
    return loss, None


def sequence_ratio(x):
    counts = x.mask.sum(-1, keepdim=True).clamp(min=1)
    mean = ((x.log_ratio * x.mask).sum(-1, keepdim=True) / counts).detach()
    return (mean + x.lp - x.sg).clamp(max=10).exp()


def gspo(x, clipLow, clipHigh, **_):
    return clipped_loss(x, sequence_ratio(x), clipLow, clipHigh)[0], None


def covariance(x):
    A, lp = x.A[x.trained], x.sg[x.trained]
    cov = torch.zeros_like(x.A)
    cov[x.trained] = (A - A.mean()) * (lp - lp.mean())
    return cov


def cov_marks(x, clipped, covLow, covHigh):
    cov = covariance(x)
    clear(cov, covLow, x.trained)
    clear(cov, covHigh, x.trained)
    return x.trained & (covLow < cov) & (cov < covHigh) & ~clipped  # a ratio of 1 takes all that are eligible


def clip_cov(x, clipLow, clipHigh, covLow, covHigh, **_):
    loss, clipped = clipped_loss(x, x.log_ratio.exp(), clipLow, clipHigh)
    marked = cov_marks(x, clipped, covLow, covHigh)
    return torch.where(marked, 0.0, loss), marked


def gspo_clip_cov(x, clipLow, clipHigh, covLow, covHigh, **_):
    loss, clipped = clipped_loss(x, sequence_ratio(x), clipLow, clipHigh)
    marked = cov_marks(x, clipped, covLow, covHigh)
    return torch.where(marked, 0.0, loss), marked


def top(values, trained, count):
    ranked(values[trained])
    marked = torch.zeros_like(trained)
    places = torch.where(trained, values, -math.inf).flatten().topk(count).indices
    marked.view(-1)[places] = True
    return marked


def kl_cov(x, covShare, covCoefficient, **_):
    marked = top(covariance(x), x.trained, max(1, math.floor(covShare * int(x.mask.sum()))))
    loss = -x.A * x.log_ratio.exp()
    return torch.where(marked, loss + covCoefficient * x.log_ratio.abs(), loss), marked


def cispo(x, ratioLow, ratioHigh, **_):
    ratio = x.log_ratio.exp()
    clear(ratio.detach(), ratioLow, x.trained)
    clear(ratio.detach(), ratioHigh, x.trained)
    return -ratio.clamp(ratioLow, ratioHigh).detach() * x.A * x.lp, None


def clip_b(x, mu, **clip):
    loss, _ = ppo_clip(x, **clip)
    S = x.S[x.trained]
    bound = (S.mean() - mu * S.std(unbiased=False)).item()
    clear(x.S, bound, x.trained)
    marked = x.trained & (x.A < 0) & (x.S < bound)
    return torch.where(marked, 0.0, loss), marked


def clip_v(x, mu, maxShare, **clip):
    loss, _ = ppo_clip(x, **clip)
    D = x.ES - x.S
    bound = (mu * D[x.trained].std(unbiased=False)).item()
    clear(D, bound, x.trained)
    marked = x.trained & (x.A < 0) & (D > bound)
    most = max(1, math.floor(maxShare * int(x.mask.sum())))
    if int(marked.sum()) > most:
        marked = top(D, marked, most)
    return torch.where(marked, 0.0, loss), marked


def repo_r(x, zeta, **clip):
    right = torch.clamp(x.A * (1 - zeta * x.sg), min=0)
    wrong = torch.clamp(x.A * (1 + zeta * x.sg), max=0)
    x.A = torch.where(x.A < 0, wrong, right)
    return ppo_clip(x, **clip)


def reinforce(x, **_):
    return -x.A * x.lp, None


OBJECTIVES = {
    "reinforce": reinforce,
    "ppo-clip": ppo_clip,
    "gspo": gspo,
    "clip-cov": clip_cov,
    "gspo-clip-cov": gspo_clip_cov,
    "kl-cov": kl_cov,
    "cispo": cispo,
    "clip-b": clip_b,
    "clip-v": clip_v,
    "repo-r": repo_r,
}


def kl(form, lp, ref):
    if form == "k1":
        return lp - ref
    if form == "k2":
        return (lp - ref) ** 2 / 2
    d = (ref - lp).clamp(-20, 20)
    return (d.exp() - d - 1).clamp(-10, 10)


def high_entropy(x, share):
    """1 on the trained tokens whose entropy reaches the quantile: get_high_entropy_mask of TRL."""
    entropies = x.H.detach()
    bound = torch.quantile(entropies[x.trained], 1 - share)
    if (entropies[x.trained] - bound).abs().min() < 1e-6:
        raise SystemExit("a token is at the quantile of the entropy, where float32 could decide otherwise")
    return (entropies >= bound) & x.trained


def aggregated(loss, mask, groups, how, norm):
    loss = torch.where(mask > 0, loss, torch.zeros_like(loss))
    lengths = mask.sum(-1)
    rows = [b for b in range(ROWS) if lengths[b] > 0]
    sums = loss.sum(-1)
    if how == "token-mean":
        return loss.sum() / mask.sum()
    if how == "token-sum":
        return loss.sum()
    if how == "seq-mean-token-sum":
        return sum(sums[b] for b in rows) / len(rows)
    if how == "seq-mean-token-mean":
        return sum(sums[b] / lengths[b] for b in rows) / len(rows)
    if how == "seq-mean-token-sum-norm":
        return sum(sums[b] for b in rows) / len(rows) / norm
    prompts = sorted({groups[b] for b in rows})
    means = []
    for prompt in prompts:
        own = [b for b in rows if groups[b] == prompt]
        means.append(sum(sums[b] for b in own) / len(own))
    return sum(means) / len(prompts)


CLIP = {"clipLow": 0.2, "clipHigh": 0.2}
COV = {"covRatio": 1, "covLow": 0.05, "covHigh": 5}
MEAN = "token-mean"
# name, options of the objective, aggregation, added terms
CONFIGURATIONS = [
    ("reinforce", {}, MEAN, {}),
    ("ppo-clip", {**CLIP, "dualClip": 3}, MEAN, {}),
    ("ppo-clip", {"clipLow": 0.2, "clipHigh": 0.28, "dualClip": None}, MEAN, {}),
    *(
        ("ppo-clip", {**CLIP, "dualClip": None}, how, {"norm": 7} if how.endswith("norm") else {})
        for how in [
            MEAN,
            "token-sum",
            "seq-mean-token-sum",
            "seq-mean-token-mean",
            "seq-mean-token-sum-norm",
            "prompt-mean-token-sum",
        ]
    ),
    *(("ppo-clip", {**CLIP, "dualClip": None}, MEAN, {"klCoefficient": 0.1, "klForm": k}) for k in ("k2", "k3")),
    ("ppo-clip", {**CLIP, "dualClip": None}, MEAN, {"klCoefficient": 0.1, "klForm": "k1", "klAnyForm": True}),
    ("ppo-clip", {**CLIP, "dualClip": None}, MEAN, {"topEntropyQuantile": 0.4}),
    ("gspo", CLIP, MEAN, {"topEntropyQuantile": 0.3, "klCoefficient": 0.1, "klForm": "k3"}),
    ("ppo-clip", {**CLIP, "dualClip": None}, MEAN, {"entropyCoefficient": 0.01}),
    ("ppo-clip", {**CLIP, "dualClip": None}, MEAN, {"mismatch": "truncate", "mismatchCap": 1.3}),
    ("ppo-clip", {**CLIP, "dualClip": None}, MEAN, {"mismatch": "mask-sequence", "mismatchCap": 1.3}),
    ("gspo", {"clipLow": 3e-4, "clipHigh": 4e-4}, "seq-mean-token-mean", {}),
    ("gspo", CLIP, MEAN, {}),
    ("clip-cov", {"clipLow": 0.5, "clipHigh": 0.5, **COV}, MEAN, {}),
    ("gspo-clip-cov", {**CLIP, **COV}, "seq-mean-token-mean", {}),
    ("kl-cov", {"covShare": 0.2, "covCoefficient": 1}, MEAN, {}),
    ("cispo", {"ratioLow": 0.8, "ratioHigh": 1.2}, MEAN, {}),
    ("cispo", {"ratioLow": 0, "ratioHigh": 5}, MEAN, {}),
    ("clip-b", {**CLIP, "mu": 0.5}, MEAN, {}),
    ("clip-v", {**CLIP, "mu": 0.5, "maxShare": 1}, MEAN, {}),
    ("clip-v", {**CLIP, "mu": 0.1, "maxShare": 0.1}, MEAN, {}),
    ("repo-r", {**CLIP, "zeta": 0.05}, MEAN, {}),
]


def corrected(batch, mask, mismatch=None, mismatchCap=None, **_):
    """Returns the mask, and the weight of the advantage of each token."""
    d = batch["old_BT"] - batch["sampler_BT"]
    if mismatch == "truncate":
        clear(d.exp(), mismatchCap, mask > 0)
        return mask, torch.clamp(d.exp(), max=mismatchCap)
    if mismatch == "mask-sequence":
        means = (d * mask).sum(-1) / mask.sum(-1).clamp(min=1)
        clear(means.abs(), math.log(mismatchCap), mask.sum(-1) > 0)
        kept = (means.abs() <= math.log(mismatchCap)).double()
        if not 0 < kept.sum() < ROWS:
            raise Near
        return mask * kept[:, None], torch.ones_like(d)
    return mask, torch.ones_like(d)


def expected(batch, name, options, how, added):
    logits = batch["logits_BTV"].clone().requires_grad_()
    mask, importance = corrected(batch, batch["mask_BT"], **added)
    x = Inputs(batch, logits, mask, batch["advantages_B"][:, None].expand(ROWS, TOKENS) * importance)
    loss, marked = OBJECTIVES[name](x, **options)
    if "topEntropyQuantile" in added:
        loss = loss * high_entropy(x, added["topEntropyQuantile"])
    if "klCoefficient" in added:
        loss = loss + added["klCoefficient"] * kl(added["klForm"], x.lp, x.ref)
    if "entropyCoefficient" in added:
        loss = loss - added["entropyCoefficient"] * x.H
    total = aggregated(loss, mask, batch["groups_B"], how, added.get("norm"))
    total.backward()
    row = {"objective": name, "options": options, "aggregation": how, **added, "loss": total.item()}
    if marked is not None:
        row["marked_BT"] = marked.long()
    return {**row, "gradient_BTV": logits.grad}


def case(name, first_seed, filtered):
    for seed in range(first_seed, first_seed + 100_000):
        batch = drawn(seed, filtered)
        try:
            rows = [expected(batch, *configuration) for configuration in CONFIGURATIONS]
        except Near:
            continue
        ratio = (torch.log_softmax(batch["logits_BTV"], -1).gather(-1, batch["targets_BT"][..., None])[..., 0] - batch["old_BT"]).exp()
        A, on = batch["advantages_B"][:, None].expand(ROWS, TOKENS), batch["mask_BT"] > 0
        branches = [(A > 0) & (ratio > 1.28), (A < 0) & (ratio < 0.8), (A < 0) & (ratio > 3)]
        marks = [int(row["marked_BT"].sum()) for row in rows if "marked_BT" in row]
        if all(bool((branch & on).any()) for branch in branches) and all(0 < m < int(on.sum()) for m in marks):
            return {"name": name, "seed": seed, "vocabulary": VOCABULARY, **batch, "expected": rows}
    raise SystemExit(f"no batch found for {name}")


def plain(value):
    if torch.is_tensor(value):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


groups = lambda judged: [{"rewards_G": rewards, "tokens_G": tokens} for rewards, tokens in judged]
numbers = {
    "estimators": [
        {"estimator": name, "batch": title, "groups": groups(judged), "advantages": estimate(judged)}
        for name, estimate in ESTIMATORS.items()
        for title, judged in JUDGED.items()
    ],
    "gae": [{**given, **gae(given["rewards_T"], given["values_T"], given["gamma"], given["lambda"])} for given in GAE],
    "batches": [
        case("padded, all tokens train", 0, filtered=False),
        case("other rewards", 200_000, filtered=False),
        case("tokens and a response filtered", 400_000, filtered=True),
    ],
}
print(json.dumps(plain(numbers), separators=(",", ":")))
