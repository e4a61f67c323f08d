"""Reads the text form of a graph, which `nngen --emit=graph` writes (compiler/graph/dump.c)."""

import re
from dataclasses import dataclass, field


def number(text):
    return float.fromhex(text) if "0x" in text else float(text)


@dataclass
class Type:
    kind: str  # schedule, param, sample, once (a sample that all share: a batch of one), scalar, split
    shape: tuple
    classes: int  # of class indices, else 0
    parts: int


class Node:
    """An op on its operands; attributes are read as n.kernel_h and are doubles."""

    def __init__(self, id, op, inputs, attributes, type, name):
        self.id, self.op, self.inputs, self.type, self.name = id, op, inputs, type, name
        self.attributes = attributes

    def __getattr__(self, name):
        if name in self.__dict__.get("attributes", {}):
            return self.attributes[name]
        raise AttributeError("%s has no attribute %s" % (self.op, name))

    def whole(self, *names):
        values = [int(self.attributes[name]) for name in names]
        return values[0] if len(values) == 1 else tuple(values)


@dataclass
class Phase:
    options: dict
    loss: int
    trained: list = field(default_factory=list)  # of ids, the gradient's id or None with each
    assigned: list = field(default_factory=list)  # of ids of states, the id of the value after the step with each


@dataclass
class Graph:
    nodes: dict = field(default_factory=dict)
    phases: list = field(default_factory=list)
    metrics: dict = field(default_factory=dict)
    predictions: dict = field(default_factory=dict)
    normal: dict = field(default_factory=dict)  # of fields: scale, bytes, mean, deviation
    array: dict = field(default_factory=dict)  # of fields: windows, offset, name of the array

    def of_op(self, op):
        return [n for n in self.nodes.values() if n.op == op]

    def turns(self):
        """Of each phase of a training the graph's phases, a step each, in the order of their turns."""
        phases = []
        for i, phase in enumerate(self.phases):
            steps = int(phase.options.get("steps_of_turn", 1))
            if int(phase.options.get("member", 0)):
                phases[-1] += [i] * steps
            else:
                phases.append([i] * steps)
        return phases

    def place(self, phase):
        """The phase of a training, and the member, both from 0, that a phase of the graph is."""
        number = next(n for n, turn in enumerate(self.turns()) if phase in turn)
        return number, int(self.phases[phase].options.get("member", 0))

    @property
    def windows(self):
        """Whether samples are windows of a sequence."""
        return any(field["windows"] for field in self.array.values())

    @property
    def stored(self):
        """What a weights file has: parameters and states."""
        return self.of_op("param") + self.of_op("state")

    def needed(self, wanted, given=()):
        """The ids that the wanted nodes depend on, themselves among them, in order; not beyond given ones."""
        found, todo = set(), list(wanted)
        while todo:
            id = todo.pop()
            if id not in found and id not in given:
                found.add(id)
                todo += self.nodes[id].inputs
        return sorted(found)


NODE = re.compile(r'%(\d+) = (\w+)\(([^)]*)\)((?: \w+=\S+)*) : '
                  r'(\w+)\(([\d,]*)\)(?:\[(\d+)\])?(?:\*(\d+))?(?: "([^"]*)")?')


def parse_node(line):
    match = NODE.match(line)
    if not match:
        raise ValueError("cannot read the node `%s`" % line)
    id, op, inputs, attributes, kind, shape, classes, parts, name = match.groups()
    return Node(int(id), op, [int(i) for i in re.findall(r"%(\d+)", inputs)],
                {key: number(value) for key, value in re.findall(r"(\w+)=(\S+)", attributes)},
                Type(kind, tuple(int(d) for d in shape.split(",") if d), int(classes or 0),
                     int(parts or 1)), name)


def options_of(line):
    return dict(re.findall(r"(\w+)=(\S+)", line))


def parse(text):
    graph = Graph()
    for line in text.splitlines():
        word = line.split(" ", 1)[0]
        quoted = re.findall(r'"([^"]*)"', line)
        if line.startswith("%"):
            node = parse_node(line)
            graph.nodes[node.id] = node
        elif word == "elements":
            values = line.split()
            graph.nodes[int(values[1][1:])].elements = [number(value) for value in values[2:]]
        elif word == "phase":
            options = options_of(line)
            graph.phases.append(Phase(options, int(options["loss"][1:])))
        elif word == "counted":
            graph.phases[-1].options.update(options_of(line))
        elif word == "turns":
            options = options_of(line)
            graph.phases[-1].options.update(member=options["member"], steps_of_turn=options["steps"])
        elif word == "trained":
            param, gradient = re.fullmatch(r"trained %(\d+) gradient=(?:none|%(\d+))", line).groups()
            graph.phases[-1].trained.append((int(param), gradient and int(gradient)))
        elif word == "assigned":
            graph.phases[-1].assigned.append(tuple(int(id) for id in re.findall(r"%(\d+)", line)))
        elif word == "metric":
            graph.metrics[quoted[0]] = int(line.rsplit("%", 1)[1].split()[0])
        elif word == "predict":
            graph.predictions[quoted[0]] = int(line.rsplit("%", 1)[1])
        elif word == "normal":
            graph.normal[quoted[0]] = options_of(line)
        elif word == "array":
            graph.array[quoted[0]] = {"array": quoted[1] or quoted[0], **{
                key: int(value) for key, value in options_of(line).items()}}
    return graph
