"""The float baselines: state, resets, gradients, scores, and the command on a toy corpus."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from benchmarks.quality.__main__ import main
from benchmarks.quality.baseline import Baseline, Played
from benchmarks.quality.baselines import BASELINES
from benchmarks.quality.lif import lif_tokens
from benchmarks.quality.lstm import Lstm
from benchmarks.quality.scoring import score
from benchmarks.quality.training import WindowPass, train
from realsam.data.toy import toy_documents
from realsam.nn.config import ModelConfig
from realsam.nn.lif import SPIKE, STATE_ONE
from realsam.nn.model import SpikingLM
from realsam.nn.quantize import WEIGHT_UNIT
from realsam.train.config import PRESETS, TrainConfig
from realsam.train.data import Windows
from realsam.vocab import Vocabulary
from tests.devices import Devices

END = 0
ABOUT = {
    "format",
    "command",
    "commit",
    "cores",
    "python",
    "numpy",
    "machine",
    "device",
    "torch",
    "model",
    "train",
    "train_tokens",
    "train_sha256",
    "texts",
    "rows",
}
ROW = {
    "name",
    "n_parameters",
    "steps",
    "batch",
    "window",
    "seed",
    "train_nats_per_token",
    "train_s",
    "tokens_per_s",
    "scores",
}
CPU = torch.device("cpu")


def config(**others: Any) -> ModelConfig:
    """A model of a moment."""
    sizes = {"layers": 2, "width": 48, "vocab_size": 24, "code_bits": 12, "groups": 4}
    return ModelConfig.of(**sizes | {"dropout": 0.0} | others)


@pytest.fixture(params=list(BASELINES))
def baseline(request: pytest.FixtureRequest) -> Baseline:
    """Each baseline in turn, ready to be scored."""
    torch.manual_seed(3)
    return BASELINES[request.param](config()).eval()


def some_tokens(tokens: int, batch: int) -> Tensor:
    """[T, B] tokens without an end of text."""
    return torch.randint(1, 24, (tokens, batch), generator=torch.Generator().manual_seed(1))


def played(
    model: Baseline,
    tokens: Tensor,
    alive: Tensor | None = None,
    state: list[Tensor] | None = None,
) -> Played:
    """Play without gradients, from a reset if nothing else is said."""
    alive = torch.ones(tokens.shape) if alive is None else alive
    with torch.no_grad():
        return model(tokens, alive, state or model.start(tokens.shape[1], CPU))


def test_carried_state_joins_windows(baseline: Baseline) -> None:
    """Two windows are one long window."""
    tokens = some_tokens(14, 3)

    whole = played(baseline, tokens)
    first = played(baseline, tokens[:5])
    second = played(baseline, tokens[5:], state=first.state)

    torch.testing.assert_close(torch.cat([first.z, second.z]), whole.z)
    assert torch.equal(torch.cat([first.n_fired, second.n_fired]), whole.n_fired)
    for ours, theirs in zip(second.state, whole.state, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_reset_is_a_fresh_start(baseline: Baseline) -> None:
    """Where alive is 0, nothing is known of the tokens before, in that document alone."""
    tokens, alive = some_tokens(12, 2), torch.ones(12, 2)
    alive[5, 0] = 0

    z = played(baseline, tokens, alive).z

    torch.testing.assert_close(z[5:, :1], played(baseline, tokens[5:, :1]).z)
    torch.testing.assert_close(z[:, 1:], played(baseline, tokens[:, 1:]).z)
    assert not torch.allclose(z[5:, 1:], played(baseline, tokens[5:, 1:]).z)


def test_training_lowers_the_loss(baseline: Baseline) -> None:
    """After some steps on a few documents that repeat themselves."""
    documents = [[1, 2, 3, 4, 5, 6, 7, 8] * 3, [9, 10, 11, 12] * 5]
    windows = Windows(documents, END, batch=2, window=8, seed=0)
    settings = TrainConfig(steps=150, batch=2, window=8, warmup=5, lr=1e-2, matrix_lr=2e-2)
    before, _ = score(baseline, documents, END)

    training = train(baseline, settings, windows, END, CPU, lambda *_: None)
    after, _ = score(baseline, documents, END)

    assert after < 0.6 * before
    assert training.train_nats_per_token < before / sum(len(d) + 1 for d in documents)


def test_padding_never_changes_scores(baseline: Baseline) -> None:
    """Documents of all lengths together, and one by one."""
    longer = some_tokens(150, 1).flatten().tolist()
    documents = [longer[:n] for n in (1, 7, 63, 64, 130)]

    nats, n_fired = score(baseline, documents, END)
    alone = [score(baseline, [document], END) for document in documents]

    assert nats == pytest.approx(sum(one for one, _ in alone), rel=1e-5)
    assert n_fired == [sum(column) for column in zip(*(many for _, many in alone), strict=True)]


def test_score_is_of_every_token_from_a_cold_start(baseline: Baseline) -> None:
    """The end of text comes first and last, and the model hears what it is scored on."""
    line = [END, 5, 9, 2, END]
    z = played(baseline, torch.tensor(line[:-1])[:, None]).z[:, 0]
    logits = z @ baseline.embedding.detach().T + baseline.output_bias.detach()
    log_p = torch.log_softmax(logits, -1)

    nats, _ = score(baseline, [line[1:-1]], END)

    expected = -sum(float(log_p[t, b]) for t, (_, b) in enumerate(pairwise(line)))
    assert nats == pytest.approx(expected, rel=1e-5)


def test_float_is_the_model_where_nothing_is_rounded() -> None:
    """With weights that are registers already and no memory, readouts are equal."""
    torch.manual_seed(0)
    model = SpikingLM(config()).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "rate" in name:
                p.fill_(3.0)  # a voltage is gone before the next token
            elif name != "embedding":
                p.copy_((p * WEIGHT_UNIT / 2).round() * 2 / WEIGHT_UNIT)
    ours = BASELINES["float"](config()).eval()
    ours.load_state_dict(model.state_dict())
    tokens, alive = some_tokens(20, 3), torch.ones(20, 3)

    exact = model(tokens, alive)
    found = played(ours, tokens)

    assert torch.equal(exact.voltage / (STATE_ONE * WEIGHT_UNIT), found.z)
    assert found.n_fired.mean() > 0


def test_gradient_of_lif_is_that_of_autograd() -> None:
    """The written-out backward pass equals a loop with snnTorch's surrogate."""
    torch.manual_seed(0)
    a, recurrent = torch.randn(9, 3, 5, dtype=torch.float64), torch.randn(5, 5).double() / 4
    keep, threshold = torch.rand(5).double(), torch.rand(5).double() + 0.3
    learned = [x.requires_grad_() for x in (a, recurrent, keep, threshold)]
    v, s, alive = torch.rand(3, 5).double(), torch.ones(3, 5).double(), torch.ones(9, 3).double()
    alive[4, 1] = 0
    seen = torch.randn(9, 3, 5).double()

    spikes, last = lif_tokens(*learned, v, s, alive)
    found = torch.autograd.grad((spikes * seen).sum() + last.sum(), learned)
    fired = []
    for t in range(9):
        v, s = v * alive[t][:, None], s * alive[t][:, None]
        peak = v * keep + a[t] + s @ recurrent.T
        s = SPIKE(peak / threshold - 1).double()
        v = peak * (1 - s.detach())
        fired.append(s)
    expected = torch.autograd.grad((torch.stack(fired) * seen).sum() + v.sum(), learned)

    assert torch.equal(spikes, torch.stack(fired))
    torch.testing.assert_close(found, expected)


def test_threshold_of_a_neuron_is_a_gain_in_floats() -> None:
    """Powers of two round nothing: on all that neurons hear, themselves included."""
    torch.manual_seed(0)
    a, recurrent = torch.randn(30, 3, 5).double(), torch.randn(5, 5).double()
    own = torch.tensor([0.25, 0.5, 1.0, 2.0, 4.0]).double()
    keep, still = torch.rand(5).double(), torch.zeros(3, 5).double()
    rest = still, still, torch.ones(30, 3).double()

    unfolded, v = lif_tokens(a, recurrent, keep, own, *rest)
    folded, scaled = lif_tokens(a / own, recurrent / own[:, None], keep, torch.ones(5), *rest)

    assert torch.equal(unfolded, folded)
    assert torch.equal(v, scaled * own)
    assert unfolded.any()


@pytest.mark.parametrize(
    ("name", "changed"), [("v1", set()), ("v3", {"thresholds"}), ("v4", {"stress"})]
)
def test_what_adapts_follows_training_and_not_scores(name: str, changed: set[str]) -> None:
    """Homeostatic thresholds of v3, the stress of v4; stress is nothing to the others."""
    torch.manual_seed(0)
    model = BASELINES[name](config())
    documents = [[1, 2, 3, 4] * 8, [5, 6] * 9]
    windows = Windows(documents, END, batch=2, window=8, seed=0)
    before = {key: buffer.clone() for key, buffer in model.named_buffers()}

    train(model, TrainConfig(steps=4, batch=2, window=8), windows, END, CPU, lambda *_: None)
    after = {key: buffer.clone() for key, buffer in model.named_buffers()}
    score(model, documents, END)

    moved = {k.rsplit(".")[-1] for k, value in after.items() if not torch.equal(before[k], value)}
    assert changed | {"stress"} == moved | {"stress"}
    assert all(torch.equal(after[k], buffer) for k, buffer in model.named_buffers())


def test_v4_is_as_large_as_was_published() -> None:
    """6,047,238 parameters; what the last 3,840 are is not known."""
    with torch.device("meta"):
        assert BASELINES["v4"](PRESETS["v4"].model).n_parameters == 6_047_238 - 3_840


def test_lstm_has_as_many_parameters() -> None:
    """Its units are chosen by the size of the spiking model."""
    base = ModelConfig()
    with torch.device("meta"):
        wanted = sum(p.numel() for p in SpikingLM(base).parameters())
        found = Lstm(base).n_parameters

    assert found == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("name", list(BASELINES))
def test_pass_stays_on_its_device(name: str) -> None:
    """A pass can be captured: no tensor elsewhere, none read back, gradients where they lay."""
    meta = torch.device("meta")
    model = BASELINES[name](config(dropout=0.1)).to(meta).train()
    play = WindowPass(model, TrainConfig(batch=3, window=6), 3, END, meta)
    play.play()
    kept = [p.grad for p in model.parameters()]

    with Devices() as devices:
        play.play()

    assert devices.seen == {"meta"}
    assert all(p.grad is grad is not None for p, grad in zip(model.parameters(), kept, strict=True))


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Arguments of the command on a toy corpus and the smallest sizes."""
    stories = toy_documents(60)
    for name, part in {"train": stories[:40], "dev": stories[40:50], "head": stories[50:]}.items():
        text = "\n<|endoftext|>\n".join(part)
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    vocabulary = Vocabulary.train(stories, 300)
    (tmp_path / "tokenizer.json").write_text(vocabulary.to_json(), encoding="utf-8")
    files = [
        tmp_path / "train.txt",
        "--valid",
        tmp_path / "dev.txt",
        "--test",
        tmp_path / "head.txt",
    ]
    sizes = ["--layers", "2", "--width", "16", "--code-bits", "16", "--batch", "4", "--window", "8"]
    short = ["--steps", "3", "--device", "cpu", "--tokenizer", tmp_path]
    return [str(word) for word in (*files, *sizes, *short)]


def test_command_writes_a_row_per_baseline(words: list[str], tmp_path: Path) -> None:
    """All baselines, with what a published number must name, also as a file."""
    out = tmp_path / "found.json"

    result = CliRunner().invoke(main, [*words, "--format", "json", "--out", str(out)])

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found == json.loads(out.read_text(encoding="utf-8"))
    assert found.keys() == ABOUT
    assert [row["name"] for row in found["rows"]] == list(BASELINES)
    for row in found["rows"]:
        assert row.keys() == ROW
        assert list(row["scores"]) == ["dev", "head"]
    firing = [row["scores"]["dev"]["firing_rate"] for row in found["rows"]]
    assert min(firing[:-1]) > 0
    assert firing[-1] is None
    assert "lstm: step 3/3, loss" in result.stderr


def test_command_prints_a_table(words: list[str]) -> None:
    """Three lines of what was measured where, a head, a line per baseline."""
    result = CliRunner().invoke(main, [*words, "--only", "lstm"])

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) == 5
    assert lines[-1].split()[0] == "lstm"


def test_unknown_baseline_is_wrong_usage(words: list[str]) -> None:
    """The message names those that there are."""
    result = CliRunner().invoke(main, [*words, "--only", "float,gru"])

    assert result.exit_code == 2
    assert "choose from float, v1, v2, v3, v4, lstm" in result.stderr


def test_diverged_training_is_a_row_with_a_reason(words: list[str]) -> None:
    """The loss is no number any more."""
    result = CliRunner().invoke(
        main, [*words, "--only", "lstm", "--lr", "1e38", "--format", "json"]
    )

    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["rows"]
    assert row.keys() == {"name", "error"}
    assert "the loss is" in row["error"]
