"""Small reports of format 1, consistent in themselves, for a network that never was."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

TEXTS = ("<|endoftext|>", "Once", " upon", " a", " time", ",", " there", " was", ".\n", "The end")
# What a page must survive: markup, quotes, white space, emoji, right to left, bytes that are no
# text, nothing at all, ends of scripts and comments, a turn of direction, half a character.
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "</span><img src=x onerror='window.hacked = 1'>",
    '" onfocus="window.hacked = 1" x=\'',
    "&amp; <!-- ]]> -->",
    "{{ 7 * 7 }}{% raw %}",
    "\n\n",
    "\t \r\0\x1b[31m",
    "\N{GRINNING FACE}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}",
    "مرحبا",
    "\N{REPLACEMENT CHARACTER}",
    "",
    "\N{RIGHT-TO-LEFT OVERRIDE}live",
    "\ud83d",
)
SIZES = {"input": 8, "layer1": 16, "memory.core": 12, "readout": 4}
_KINDS = {"input": "input", "readout": "readout"}


def report(
    texts: Sequence[str] = TEXTS, share: float = 0.25, layers: Sequence[str] = tuple(SIZES)[1:-1]
) -> dict[str, Any]:
    """A report on these tokens.

    Args:
        texts: of the tokens; the first two are the prompt.
        share: of the neurons of a layer fire in each token, 0..1.
        layers: names of the spiking populations.
    """
    names = ["input", *layers, "readout"]
    events = {name: _events(name, len(texts), share) for name in names}
    populations = [_population(name, events[name]) for name in names]
    links = [_link(*pair, events[pair[0]]) for pair in pairwise(names)]
    tokens = [_token(k, text, populations) for k, text in enumerate(texts)]
    return {
        "format": 1,
        "kind": "report",
        "model": {
            "name": "tiny",
            "network": "0123456789abcdef" * 4,
            "neurons": sum(p["neurons"] for p in populations),
            "synapses": sum(link["synapses"] for link in links),
            "steps_per_token": 5,
            "vocab_size": 300,
            "readout": "readout",
        },
        "run": _run("sim", len(texts)),
        "tokens": tokens,
        "populations": populations,
        "links": links,
        "groups": [_group(layer, share) for layer in layers],
        "totals": _totals(tokens, share),
        "energy": {"is": "estimated", "tables": [_table("loihi1", 1.0), _table("loihi2", 0.3)]},
        "comparison": [
            _place("Loihi 1 (estimated)", None, 2e-5, "estimated"),
            _place("CPU, sim", 3e-4, None, "not measured here"),
            _place("GPU, batched", 2e-7, 7e-5, "measured"),
        ],
        "ablation": None,
        "against": None,
        "events": events,
    }


def _size(name: str) -> int:
    return SIZES.get(name, 16)


def _events(name: str, n_tokens: int, share: float) -> list[list[int]]:
    firing = share * (name != "readout")
    return [[i for i in range(_size(name)) if (i + k) % 4 < 4 * firing] for k in range(n_tokens)]


def _population(name: str, events: list[list[int]]) -> dict[str, Any]:
    spikes = [len(fired) for fired in events]
    rate = sum(spikes) / max(1, _size(name) * len(spikes))
    return {
        "name": name,
        "kind": _KINDS.get(name, "lif"),
        "group": name.partition(".")[0],
        "neurons": _size(name),
        "synapses": 10 * _size(name),
        "firing_rate": rate,
        "activation_sparsity": 1 - rate,
        "connection_sparsity": 0.125,
        "spikes": spikes,
        "synops": [10 * n for n in spikes],
        "synops_dense": 12 * _size(name),
        "updates": 5 * _size(name),
        "updates_event": spikes,
        "messages": spikes,
    }


def _link(source: str, target: str, events: list[list[int]]) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "projection": f"{source}->{target}",
        "synapses": 10 * _size(source),
        "stored": 12 * _size(source),
        "synops": [10 * len(fired) for fired in events],
        "synops_dense": 12 * _size(source),
    }


def _token(k: int, text: str, populations: list[dict[str, Any]]) -> dict[str, Any]:
    spikes = sum(p["spikes"][k] for p in populations if p["kind"] == "lif")
    synops = sum(p["synops"][k] for p in populations)
    return {
        "id": 100 + k,
        "text": text,
        "generated": k > 1,
        "nats": 0.5 * k if k else None,
        "spikes": spikes,
        "synops": synops,
        "updates": 200,
        "updates_event": spikes,
        "messages": spikes,
        "host_macs": 1200,
        "energy_pj": 23.6 * synops + 81 * 200 + k,
        "seconds": 1e-4,
    }


def _run(backend: str, n_tokens: int) -> dict[str, Any]:
    return {
        "backend": backend,
        "versions": {"numpy": "2.4.6"},
        "n_tokens": n_tokens,
        "prompt_tokens": min(2, n_tokens),
        "tokens_per_second": 3000.0 if n_tokens else 0.0,
        "seconds": n_tokens / 3000,
        "seed": 0,
        "temperature": 0.7,
        "nats_per_token": 2.07 if n_tokens else None,
        "differences": 0,
    }


def _group(layer: str, share: float) -> dict[str, Any]:
    shares = {"firing_rate": share, "spikes_share": share, "synops_share": share}
    return {
        "name": layer.partition(".")[0],
        "populations": [layer],
        "neurons": _size(layer),
        **shares,
    }


def _totals(tokens: list[dict[str, Any]], share: float) -> dict[str, Any]:
    def mean(field: str) -> float:
        return sum(token[field] for token in tokens) / max(1, len(tokens))

    return {
        **{f: mean(f) for f in ("spikes", "synops", "updates", "updates_event", "messages")},
        "firing_rate": share,
        "activation_sparsity": 1 - share,
        "connection_sparsity": 0.125,
        "synops_dense": 480,
        "host_macs": {"encode": 0, "decode": 1200},
        "footprint_bytes": {"weights": 480, "registers": 160, "host": 1200},
    }


def _table(name: str, scale: float) -> dict[str, Any]:
    ends = {"pj": 2e4 * scale, "pj_low": 1e4 * scale, "pj_high": 3e4 * scale}
    return {
        "name": name,
        "chip": name.title(),
        "process": "14 nm",
        "date": "2018-01",
        "source": "a paper",
        "note": "Of one operation each.",
        "terms": [
            {"name": "synops", "count_per_token": 90.5, "share": 0.5, **ends},
            {"name": "updates", "count_per_token": 200, "share": 0.5, **ends},
        ],
        "total_pj": {"low": 2e4 * scale, "mid": 4e4 * scale, "high": 6e4 * scale},
        "dominant": "synops",
    }


def _place(where: str, seconds: float | None, joules: float | None, how: str) -> dict[str, Any]:
    return {
        "where": where,
        "seconds_per_token": seconds,
        "energy_j_per_token": joules,
        "energy_low_j": joules and joules / 2,
        "energy_high_j": joules and joules * 2,
        "energy_is": how,
        "batch": 1,
        "differences": 0,
        "source": "a test",
    }
