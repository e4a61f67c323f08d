"""A network's program against the run of its graph in PyTorch: the choice of samples, loss, gradients, steps."""

import math
from functools import cache

import torch

from draws import training_seed
from fields import Fields
from reference import Run, Step
from report import expect, largest_error, norm_error
from tensors import write_tensors

MARGINS = [1e-5, 1e-6, 3e-7]
MOST_SAMPLES, LEAST_SAMPLES = 30, 9
LEAST_BATCH = 3  # where a sample's value depends on the whole batch
WORK = 1.5e8  # multiply-adds of the samples, at most: PyTorch takes some seconds for them
TRIES = 16
LARGEST, WINOGRAD_NORM, WINOGRAD_LARGEST = 1e-5, 2e-5, 5e-5
FLOATS, EXCUSED = 4, 1e-4  # times as far off as PyTorch's floats may be what cancels, and at most so much
SMALL = 1e-6  # a gradient below that part of the net's largest is measured against the net's largest
# Those of sgd_model.lua.
STEPS, RATE, SEED = 10, 0.05, 5
BATCH_NORM_BIAS = 4  # its place among the operands
AWAY = 1  # from a cut, about a deviation of what a batch norm gives
TIES, MOST_TIES = 2e-6, 40  # cuts that rounding may decide, where all samples depend on each other
MOVE_BOUND = 1e-3  # of the way that the parameter went
LOOSE = 30  # times as far off may be a descent that is not clear of ties: rounding turns some decisions
FAR, NEARER = 0.3, 0.02  # of a parameter's largest value: an error grows on a longer way, by turned decisions faster


class Net:
    def __init__(self, label, program):
        self.label, self.program, self.graph = label, program, program.graph
        self.notes, self.errors, self.zeros = [], {}, 0
        self.of_batch = bool(self.graph.of_op("channel_mean"))  # statistics of the whole batch
        least = LEAST_BATCH if self.of_batch else LEAST_SAMPLES
        self.samples = int(max(least, min(MOST_SAMPLES, WORK / self.work())))

    def work(self):
        """Multiply-adds of a sample's layers, roughly."""
        sizes = [(n.type.shape, self.graph.nodes[n.inputs[1]].type.shape) for op in ("conv2d", "linear")
                 for n in self.graph.of_op(op)]
        return 1 + sum(math.prod(shape) * math.prod(weight[1:]) for shape, weight in sizes)

    def run(self, fields, count, phase, parameters, step, margin=0):
        """Loss, gradients and new states by name, of the first samples; None if a decision is nearer to a tie than the
        margin."""
        return self.run_on(fields.values(count), phase, parameters, step, margin)

    def run_on(self, values, phase, parameters, step, margin=0, turned=()):
        given = {}
        trained = {id for id, _ in self.graph.phases[phase].trained}
        for n in self.graph.stored:
            given[n.id] = parameters[n.name].clone().requires_grad_(n.id in trained)
        run = Run(self.graph, step, {**values, **given}, turned=turned)
        loss, = run(self.graph.phases[phase].loss)
        if run.margin.min() < margin:
            return None
        wanted = [self.graph.nodes[id] for id in sorted(trained)]
        found = torch.autograd.grad(loss, [given[n.id] for n in wanted], allow_unused=True)
        gradients = {n.name: torch.zeros_like(given[n.id]) if g is None else g for n, g in zip(wanted, found)}
        pairs = self.graph.phases[phase].assigned
        states = {self.graph.nodes[state].name: run(value)[0].detach() for state, value in pairs}
        return loss.item(), gradients, states

    def margin(self, fields, count, parameters):
        """Of each sample, in all phases."""
        with torch.no_grad():
            values = fields.values(count)
            values.update({n.id: parameters[n.name] for n in self.graph.stored})
            run = Run(self.graph, Step(count), values, near=TIES if self.of_batch else 0)
            run(*[phase.loss for phase in self.graph.phases])
        return run.margin

    def turns(self, fields, count, phase, parameters, step, gradients):
        """How the gradients change by each cut that rounding may decide the other way, the nearest first."""
        values = fields.values(count)
        with torch.no_grad():
            run = Run(self.graph, step, {**values, **{n.id: parameters[n.name] for n in self.graph.stored}}, near=TIES)
            run(self.graph.phases[phase].loss)
        if not self.of_batch:
            return []
        self.note("%d near ties" % len(run.ties))
        changes = []
        for _, node, place in sorted(run.ties)[:MOST_TIES]:
            found = self.run_on(values, phase, parameters, step, turned=[(node, place)])[1]
            changes.append({n: found[n] - gradients[n] for n in found})
        return changes

    def depends_on_all(self):
        """Whether a sample's value depends on the others: by a field that is normalised by the data, in windows of one
        sequence, by the statistics of a batch, or by random values, which the place among the others decides."""
        measured = any("train" in (n["mean"], n["deviation"]) for n in self.graph.normal.values())
        return measured or self.graph.windows or self.of_batch or self.graph.of_op("randn") or self.graph.of_op("rand")

    def clear_samples(self, parameters):
        """Fields whose samples are clear of ties, by the largest of the margins that enough samples have."""
        if self.depends_on_all():
            return self.clear_batch(parameters)
        for seed in range(4):
            drawn = Fields(self.graph, 4 * self.samples, seed)
            margins = self.margin(drawn, 4 * self.samples, parameters)
            for margin in MARGINS:
                clear = torch.nonzero(margins >= margin).flatten()
                if len(clear) >= self.samples:
                    self.note_margin(margin)
                    return drawn.take(clear[:self.samples].numpy())
        return None

    def clear_batch(self, parameters):
        """The same of samples that are only clear together."""
        best, largest = None, 0
        for seed in range(TRIES):
            fields = Fields(self.graph, self.samples, seed)
            least = self.margin(fields, self.samples, parameters).min().item()
            if least > largest:
                best, largest = fields, least
            if largest >= MARGINS[0]:
                break
        if largest < MARGINS[-1]:
            return None
        self.note_margin(largest)
        return best

    def note_margin(self, margin):
        if margin < MARGINS[0]:
            self.note("samples %.0e from ties" % margin)

    def compare(self):
        p = self.program
        p.save("weights", varied(self.graph, p.init("init")))
        parameters = p.load("weights")
        fields = self.clear_samples(parameters)
        if not expect(fields, "%s: no samples are clear of ties" % self.label):
            return
        write_tensors(p.file("data"), fields.tensors())
        for phase in range(len(self.graph.phases)):
            # Statistics of fewer samples would have other ties. Gradients of the last one must not be zeros.
            for batch in [self.samples] if self.of_batch else [1, 7, self.samples]:
                self.zeros = 0
                for epoch in self.epochs(phase):
                    self.compare_gradients(fields, parameters, phase, batch, epoch)
            expect(not self.zeros, "%s: all gradients are zero" % self.label)
        self.compare_descent(parameters)

    def epochs(self, phase):
        """The first one, and where the loss changes in training some later ones."""
        needed = self.graph.needed([self.graph.phases[phase].loss])
        changes = {"epoch", "step"} & {self.graph.nodes[id].op for id in needed}
        return [0, 3, STEPS - 1] if changes else [0]

    def step(self, batch, phase, epoch, **options):
        return Step(batch, epoch=epoch, epochs=STEPS, step=epoch, steps=STEPS, **options)

    def compare_gradients(self, fields, parameters, phase, batch, epoch):
        p = self.program
        # With so many samples, batches of the phase's size make the steps of an epoch.
        size = int(self.graph.phases[phase].options["batch"])
        per_epoch = max(1, -(-self.samples // size))
        turn, first = self.graph.turns()[self.graph.place(phase)[0]], epoch * per_epoch
        while turn[first % len(turn)] != phase:
            first += 1
        step = Step(batch, epoch=epoch, epochs=STEPS, step=first, steps=STEPS * per_epoch)
        wanted = self.run(fields, batch, phase, parameters, step)[:2]
        excuses = self.excuses(fields, batch, phase, parameters, step, wanted[1])
        for program in {p.direct, p.default}:
            winograd = program != p.direct
            where = "%s%s, phase %d, batch %d, epoch %d" % (self.label, ", winograd" if winograd else "", phase + 1,
                                                            batch, epoch)
            self.judge(where, winograd, p.gradients(program, "weights", "data", batch, phase, epoch), wanted, excuses)

    def excuses(self, fields, batch, phase, parameters, step, gradients):
        """What may explain an error, worked out where one is found: near ties, and what floats of PyTorch are off by."""
        turns = cache(lambda: self.turns(fields, batch, phase, parameters, step, gradients))
        return turns, cache(lambda: self.float_error(fields, batch, phase, parameters, step, gradients, turns()))

    def judge(self, where, winograd, found, wanted, excuses):
        """Compares loss and gradients, pairs both. Where a bound is not kept, near ties may have been decided the other
        way, and FLOATS times what PyTorch's floats are off by is allowed."""
        (found_loss, found), (loss, gradients) = found, wanted
        turns, float_error = excuses
        self.zeros += largest_of(gradients) == 0
        error = abs(found_loss - loss) / max(abs(loss), 1e-30)
        expect(error <= LARGEST, "%s: loss is off by %.1e" % (where, error))
        expect(sorted(found) == sorted(gradients), "%s: gradients of %s" % (where, sorted(found)))
        errors = self.errors_of(winograd, found, gradients)
        if any(bad for _, _, bad in errors.values()):
            errors = self.errors_of(winograd, found, with_turns(found, gradients, turns()))
        for name, (error, norm, bad) in sorted(errors.items()):
            if bad and not is_small(gradients[name], gradients):
                bad = error > min(FLOATS * float_error(), EXCUSED)
                if not bad:
                    self.note("%s cancels" % name)
            expect(not bad, "%s: gradient of %s is off by %.1e, norm %.1e" % (where, name, error, norm))
            self.worst("winograd" if winograd else "gradients", error)

    @staticmethod
    def errors_of(winograd, found, gradients):
        """By name: the largest error, the norm's, and whether a bound is not kept."""
        errors = {}
        for name in set(found) & set(gradients):
            wanted = gradients[name]
            small = is_small(wanted, gradients)
            error = largest_error(found[name], wanted, largest_of(gradients) if small else None)
            norm = 0 if small else norm_error(found[name], wanted)
            errors[name] = error, norm, error > WINOGRAD_LARGEST or norm > WINOGRAD_NORM if winograd else error > LARGEST
        return errors

    def float_error(self, fields, batch, phase, parameters, step, wanted, turns):
        """How far PyTorch's own gradients in floats are off, at most, with samples in some orders, which rounds in other
        places: where terms cancel, that is more than the bound."""
        order, worst = torch.arange(batch), 0
        for order in [order, order.flip(0), order.roll(batch // 2)][:1 if self.draws() else 3]:
            torch.set_default_dtype(torch.float32)
            values = {id: (x.float() if x.is_floating_point() else x)[order] for id, x in fields.values(batch).items()}
            found = self.run_on(values, phase, {n: x.float() for n, x in parameters.items()}, step)[1]
            torch.set_default_dtype(torch.float64)
            found = {n: g.double() for n, g in found.items()}
            near = with_turns(found, wanted, turns)
            worst = max([worst] + [largest_error(found[n], near[n]) for n in near if not is_small(near[n], near)])
        return worst

    def draws(self):
        """Whether a sample's value depends on its place among the others."""
        return self.graph.of_op("randn") or self.graph.of_op("rand")

    def note(self, words):
        if words not in self.notes:
            self.notes.append(words)

    def worst(self, what, error):
        self.errors[what] = max(self.errors.get(what, 0), float(error))

    def descend(self, fields, count, parameters, margin, rate):
        """Parameters after ten steps of each phase on one batch; None if a decision comes near a tie. Second, whether
        a parameter moved by more than a part of its size."""
        start = parameters
        for number, turn in enumerate(self.graph.turns()):
            for i in range(STEPS):
                step = self.step(count, number, i, dropout=True, seed=training_seed(SEED, number))
                found = self.run(fields, count, turn[i % len(turn)], parameters, step, margin)
                if not found:
                    return None, False
                _, gradients, states = found
                parameters = {**parameters, **states, **{n: parameters[n] - rate * g for n, g in gradients.items()}}
                if not all(largest_error(parameters[n], start[n]) < (FAR if margin else NEARER) for n in gradients):
                    return None, True
        return parameters, False

    def clear_descent(self, parameters):
        rate, seed = RATE, 100
        # One sample of a network that is seldom clear of ties.
        tries = ((3, 1e-6), (3, 3e-7), (1, 1e-7)) if not self.notes else ((1, 3e-7), (1, 1e-7))
        if self.of_batch:
            tries = [(self.samples, 1e-6)] * (self.samples == MOST_SAMPLES) + [(LEAST_BATCH, 0)]
        for count, margin in tries:
            for _ in range(TRIES):
                fields = Fields(self.graph, count, seed)
                wanted, far = self.descend(fields, count, parameters, margin, rate)
                if wanted:
                    return fields, count, rate, wanted, 1 if margin else LOOSE
                rate = rate / 3 if far else rate
                seed += not far
        return None

    def compare_descent(self, parameters):
        p, found = self.program, self.clear_descent(parameters)
        if not expect(found, "%s: no descent is clear of ties" % self.label):
            return
        fields, count, rate, wanted, loose = found
        write_tensors(p.file("few"), fields.tensors())
        after = p.train(p.direct, "weights", "few", count, "--seed", SEED, "--lr-scale", rate)
        # A tied weight is in the file under both names.
        expect(set(wanted) <= set(after), "%s: parameters %s" % (self.label, sorted(after)))
        for name in sorted(set(after) & set(wanted)):
            error = largest_error(after[name], wanted[name])
            off, size = (after[name] - wanted[name]).abs().max(), wanted[name].abs().max()
            # Each step rounds a parameter to float.
            way = (off - STEPS * 2 ** -24 * size).clamp(0) / (wanted[name] - parameters[name]).abs().max().clamp(1e-30)
            self.worst("SGD", error)
            expect(error <= loose * LARGEST and way <= loose * MOVE_BOUND,
                   "%s: %s after %d steps of SGD is off by %.1e, %.1e of its way" %
                   (self.label, name, STEPS, error, way))


def largest_of(gradients):
    return max(g.abs().max().item() for g in gradients.values())


def with_turns(found, gradients, turns):
    """The gradients with those changes that come nearer to what is found."""
    scale = {n: 1 / max(g.abs().max().item(), SMALL * largest_of(gradients)) for n, g in gradients.items()}
    dot = lambda a, b: sum(((a[n] * b[n]).sum() * scale[n] ** 2).item() for n in scale)
    for change in turns:
        size = dot(change, change)
        rest = {n: found[n] - gradients[n] for n in gradients}
        if size and 0.5 < dot(rest, change) / size < 1.5:
            gradients = {n: g + change[n] for n, g in gradients.items()}
    return gradients


def is_small(gradient, gradients):
    return gradient.abs().max().item() < SMALL * largest_of(gradients)


def varied(graph, initial):
    """Initial weights, but none that are all ones or zeros, as those of norms are: they would test little. Where values
    that a batch norm gives are cut off, they lie on both sides, away from the cut: of the many decisions, which depend on
    all samples, else some are always near a tie."""
    random, parameters = torch.Generator().manual_seed(1), {}
    cut = graph.of_op("relu") + graph.of_op("relu6") + graph.of_op("leaky_relu")
    shifts = {n.inputs[BATCH_NORM_BIAS] for n in graph.of_op("batch_norm") if cut}
    for n in graph.stored:
        value = initial[n.name]
        if n.whole("init") == 0 and n.type.shape:
            value = (value + 0.2) * (0.8 + 0.4 * torch.rand(value.shape, generator=random))
            if n.id in shifts:
                value = torch.where(torch.arange(len(value)) % 3 == 1, -AWAY - value, AWAY + value)
        parameters[n.name] = value
    return parameters
