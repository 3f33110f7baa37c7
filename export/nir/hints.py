"""Metadata of our NIR files: what NIR has no place for, under one name each.

Two say what NIR does not know, chip steps: STEPS and DEPTH. BITS is the range of a graded input.
All others are redundant hints: a simulator needs none of them, and a reader compares them with the
numbers that it has. They are written only where the file would be read otherwise without them.
"""

STEPS = "steps_per_token"  # graph: chip steps in a step of the file; without it 1
DEPTH = "depth"  # population: chip step in which it plays step 0; without it its place in the file
BITS = "message_bits"  # input: bits of a payload with its sign; without it spikes
DIGEST = "digest"  # graph: that of the Network
NAME = "name"  # input, population: its name, where that is no name for a node
DV = "dv"  # population: [N] voltage decay registers
EXPONENT = "weight_exp"  # connection: the exponent that its weights contain; without it 0
PROJECTION = "projection"  # connection: the projection that it belongs to, by number
LIST = "is_list"  # connection: its projection has a list of weights; without it a matrix
NO_PROJECTION = -1  # weights of 0 that belong to none: they only hold the graph together
ALWAYS_ON = "always_on"  # graph: name of the neuron whose spikes became biases
CONSTANT = "constant"  # connection: what always_on adds to its bias, with these three of K terms
WEIGHTS, EXPONENTS, PROJECTIONS = "weight", "weight_exp", "projection"  # [K, N], [K], [K]
