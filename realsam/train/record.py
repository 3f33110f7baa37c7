"""The record: what the training module itself does on a probe text.

It is taken from the module's own forward in eval mode, before anything is lowered, so that a
fault of lowering, export or a backend cannot hide: all of them must reproduce it.
"""

from copy import deepcopy

import numpy as np
import torch

from realsam.ir import Network, Recorder, Run
from realsam.lower import INPUT
from realsam.nn.model import SpikingLM

PROBE = (
    "Once upon a time, there was a little girl named Lily. She had a red ball. One day, a big "
    'dog came to the park and took it. "Please give it back," said Lily. The dog was sorry. He '
    "gave her the ball and sat down in the grass. Lily was not angry any more. She threw the ball "
    "as far as she could, and the dog ran after it, over the bridge and around the old tree. They "
    "played until the sun went down. When it was dark, her mom called from the window. Lily said "
    "good night to her new friend and ran home. In her bed she thought of the park, the river and "
    "the big kind dog. She hoped that he would come back the next day."
)
TAGGER_PROBE = (
    "My name is Zoë Žižek, but everyone calls me Zoë. Please send the card 4929 1234 5678 9012 to "
    "Hauptstraße 7, 1040 Wien, Austria, and call Dr. Miller of Initech Inc. at +43 1 234 5678, or "
    "write to zoe.zizek@example.com before 12 May 1999.\n\n\n\n"
)


@torch.no_grad()
def record(model: SpikingLM, network: Network, tokens: list[int]) -> tuple[Run, float]:
    """Run the module over one document from reset; returns its nats per token, too.

    They are those of the next tokens; of a tagger, those of the tags that it says.

    Args:
        model: the module, on the CPU.
        network: gives names and order of the populations; its values are not used.
        tokens: [K] the document, the end of text first.
    """
    ids = torch.tensor(tokens)[:, None]
    played = model(ids, torch.ones(len(tokens), 1), record=True)
    fired, voltage = played.fired, played.voltage
    code = (model.embedding[ids[:, 0]] > 0).numpy().astype(np.uint8)
    lines = np.insert(code, code.shape[1], 1, axis=1)  # the always-on line
    assert network.spans[INPUT].stop == lines.shape[1]
    silent = np.zeros((len(tokens), voltage.shape[-1]), np.uint8)  # the readout never spikes
    spikes = np.concatenate(
        [lines, *(s[:, 0].numpy().astype(np.uint8) for s in fired), silent], axis=1
    )
    recorder = Recorder(network, "training")
    for row, volts in zip(spikes, voltage[:, 0].numpy().astype(np.int64), strict=True):
        recorder.add(row, volts)
    run = recorder.run(torch=torch.__version__)
    outputs = said(model, run) if model.config.tags else [*tokens[1:], tokens[0]]
    _, nats = model.loss(voltage, torch.tensor(outputs))
    return run, float(nats)


@torch.no_grad()
def said(model: SpikingLM, run: Run) -> list[int]:
    """The likeliest output of a module after each token of its run."""
    exact = deepcopy(model).double()  # float64 holds every sum of the decoder
    found: list[int] = exact.logits(torch.from_numpy(run.voltage).double()).argmax(-1).tolist()
    return found
