"""The shipped model in closed loop on several backends, every spike and voltage by digest.

The reference, with the plain host and the plain sampler, writes documents from several prompts,
seeds, temperatures and top-k; the others write the same, each with its own sampling. Scoring what
was written must count the same spikes. One document is as long as half of the tokens, the others
share the rest; the end of a text does not stop them.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import record
from export.bundle import Bundle, load_bundle
from realsam.cli.backends import require
from realsam.console import progress
from realsam.ir import ClosedLoop, Run, Sampler
from realsam.report import first_difference
from realsam.vocab import prompt_tokens
from sim.scoring import score
from sim.simulator import fast_host, fast_sampler

TRUTH = "reference"
PROMPTS = ("Once upon a time", "One day, a little dog", "Lily wanted to", "The sun", "Tom said:")
TEMPERATURES = (0.8, 1.0, 0.0, 1.5, 0.5)
TOP_K = (40, 0, 1, 5)
_OTHERS = 19  # documents beside the long one


@dataclass(frozen=True)
class Document:
    """What is to be written."""

    prompt: str
    sampler: Sampler
    n_tokens: int  # to feed, the prompt included


@dataclass(frozen=True)
class Written:
    """What a backend made of a document."""

    tokens: list[int]
    run: Run


def documents(n_tokens: int, seed: int) -> list[Document]:
    """The documents of a campaign, `n_tokens` in all."""
    others = min(_OTHERS, max(1, n_tokens // 50)) if n_tokens >= 50 else 0
    short = n_tokens // 2 // others if others else 0
    lengths = [n_tokens - others * short, *[short] * others]
    return [
        Document(
            PROMPTS[i % len(PROMPTS)],
            Sampler(TEMPERATURES[i % len(TEMPERATURES)], TOP_K[i % len(TOP_K)], seed + i),
            length,
        )
        for i, length in enumerate(lengths)
    ]


def write(document: Document, backend: str, bundle: Path | None) -> Written:
    """Play one document in closed loop on one backend."""
    loaded = load_bundle(bundle)
    prompt = prompt_tokens(loaded.vocabulary, document.prompt)[: document.n_tokens]
    host, sampler = loaded.host, document.sampler
    if backend != TRUTH:
        host, sampler = fast_host(host), fast_sampler(sampler)
    n_new = document.n_tokens - len(prompt) + 1
    loop = ClosedLoop(host, prompt, sampler, n_new, stop_at_end=False)
    return Written(run=require(backend)(loaded.network, loop), tokens=loop.tokens)


def compare_documents(
    bundle: Path | None, n_tokens: int, seed: int, backends: Sequence[str], jobs: int
) -> dict[str, Any]:
    """Write every document everywhere; returns the record, differences included."""
    loaded, begin = load_bundle(bundle), time.perf_counter()
    found: list[str] = []
    wholes = {name: sha256() for name in (TRUTH, *backends)}
    totals = dict.fromkeys(("tokens", "spikes of neurons", "end-of-text tokens"), 0)
    every = documents(n_tokens, seed)
    with (
        ProcessPoolExecutor(jobs, get_context("spawn")) as pool,
        progress("writing on the reference", len(every)) as (bar, task),
    ):
        # The reference is slow: it runs ahead in other processes.
        truths = pool.map(partial(write, backend=TRUTH, bundle=bundle), every)
        for document, truth in zip(every, truths, strict=True):
            for name in backends:
                other = write(document, name, bundle)
                found += _differences(document, truth, other, loaded.network.readout)
                _add(wholes[name], other)
            found += _scored(document, truth, loaded)
            _add(wholes[TRUTH], truth)
            _count(totals, truth, loaded)
            bar.advance(task)
    command = f"python -m benchmarks.campaign exact --tokens {n_tokens} --seed {seed}"
    return record.about(command) | {
        "seconds": round(time.perf_counter() - begin, 1),
        "network": loaded.network.digest,
        "backends": [TRUTH, *backends],
        "totals": {"documents": len(every), "neurons": sum(loaded.network.sizes.values())} | totals,
        "digests": {name: whole.hexdigest() for name, whole in wholes.items()},
        "differences": found,
    }


def _differences(document: Document, truth: Written, other: Written, readout: str) -> list[str]:
    where = f"{other.run.backend}, {document.prompt!r}, seed {document.sampler.seed}"
    if difference := first_difference(truth.run, other.run, readout):
        return [f"{where}: {difference}"]
    if truth.tokens != other.tokens or truth.run.digests() != other.run.digests():
        return [f"{where}: another text"]
    return []


def _scored(document: Document, truth: Written, bundle: Bundle) -> list[str]:
    """What scoring the same tokens counts differently: it plays whole documents in one kernel."""
    expected = dict(_spikes(truth, bundle))
    fed = truth.tokens[1 : truth.run.n_tokens]  # the end of text is put before them
    counted = score(bundle.network, bundle.host, [fed]).n_spikes
    if counted == expected:
        return []
    return [f"scoring, {document.prompt!r}, seed {document.sampler.seed}: {counted}, {expected}"]


def _spikes(truth: Written, bundle: Bundle) -> Iterator[tuple[str, int]]:
    """Spikes of every population but the input."""
    for name, spikes in truth.run.spikes.items():
        if name != bundle.network.input.name:
            yield name, int(spikes.sum())


def _add(whole: Any, written: Written) -> None:
    for digest in written.run.digests().values():
        whole.update(digest.encode())
    whole.update(str(written.tokens).encode())


def _count(totals: dict[str, int], truth: Written, bundle: Bundle) -> None:
    totals["tokens"] += truth.run.n_tokens
    totals["spikes of neurons"] += sum(n for _, n in _spikes(truth, bundle))
    totals["end-of-text tokens"] += truth.tokens.count(bundle.host.end_of_text)
