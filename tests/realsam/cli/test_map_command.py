"""`realsam map`: the report, the picture, and what it refuses."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from export.bundle import load_bundle
from export.netx import to_netx
from realsam.cli.map_command import command
from realsam.ir import Replay, save_run
from sim import reference
from tests import tiny
from tests.realsam.cli.conftest import call, error, everything, parsed

KEYS = [
    *("format", "network", "chip", "neurons", "input_lines", "synapses", "cores", "chips"),
    *("least_cores", "least_chips", "above_least", "memory", "per_core", "axons", "traffic"),
    *("systems", "limits", "assumptions", "populations", "placement", "picture"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A network without a bundle."""
    path = tmp_path / "a.net"
    to_netx(tiny.network(), path)
    return path


def test_shipped_model_fits_one_chip() -> None:
    """Of Loihi 2; its own record gives the messages."""
    about = parsed(call("map", "--format", "json"))

    assert list(about) == KEYS
    assert (about["cores"], about["chips"], about["least_cores"]) == (32, 1, 32)
    assert all(system["holds"] for system in about["systems"])
    assert about["traffic"]["measured"]
    assert about["traffic"]["tokens"] == 153
    assert sum(core["bytes"] for core in about["placement"]) == about["memory"]["bytes"]
    assert about["limits"]["core_bytes"]["standing"] == "published"


def test_text_marks_what_is_assumed(small: Path) -> None:
    """Every limit stands in it with its standing."""
    text = call("map", small, "--limit", "axon_bytes=4").stdout

    assert "Assumed, as no limits are published for it:" in text
    assert "axon_bytes           4      given  " in text
    assert "in_axons          none    assumed  " in text
    assert "spikes            measured: the record of the bundle" in text


def test_record_run_and_prompt_give_messages(small: Path, tmp_path: Path) -> None:
    """A run of the record's own spikes gives the record's messages; a prompt others."""
    bundle = load_bundle(small)
    save_run(bundle.record, tmp_path / "a.run")

    record, run, prompt = (
        parsed(call("map", small, *words, "--format", "json"))["traffic"]
        for words in ((), ("--run", tmp_path / "a.run"), ("--prompt", "One day"))
    )

    assert record["messages"] == run["messages"]
    assert str(tmp_path / "a.run") == run["spikes"]
    assert prompt["measured"]
    assert prompt["tokens"] > record["tokens"]


def test_file_takes_one_core(file: Path, tmp_path: Path) -> None:
    """Without a run each neuron is taken to spike once, and that is said."""
    about = parsed(call("map", file, "--format", "json"))
    run = reference.run(tiny.network(), Replay(np.ones((3, 2), np.uint8)))
    save_run(run, tmp_path / "a.run")
    measured = parsed(call("map", file, "--run", tmp_path / "a.run", "--format", "json"))

    assert about["cores"] == about["chips"] == 1
    assert not about["traffic"]["measured"]
    # in[0] -> a, in[1] -> a, a[0] -> a, a[1] -> a, a[0] -> b, a[1] -> b
    assert {"from_host": 2, "within_core": 4}.items() <= about["traffic"]["messages"].items()
    assert measured["traffic"]["messages"]["from_host"] == 6


def test_shape_needs_no_network() -> None:
    """A billion synapses of 8 bits take 45 chips."""
    about = parsed(call("map", "--shape", "10x4224", "--format", "json"))

    assert about["synapses"] == 55 * 4224**2 + 42_240 * 257 + 256 * (257 + 42_240)
    assert (about["least_chips"], about["chips"]) == (40, 45)
    assert [s["name"] for s in about["systems"] if s["holds"]] == ["Hala Point"]


def test_picture_is_written(small: Path, tmp_path: Path) -> None:
    """As SVG, and named in the report."""
    path = tmp_path / "chip.svg"
    about = parsed(call("map", small, "--picture", path, "--format", "json"))

    assert str(path) == about["picture"]
    assert ET.fromstring(path.read_text()).tag.endswith("svg")
    assert list(everything(tmp_path)) == ["chip.svg"]


def test_picture_in_the_guide_is_that_of_the_shipped_model(tmp_path: Path) -> None:
    """Its bytes depend on the layout alone; draw it again when the model changes."""
    call("map", "--picture", tmp_path / "chip.svg")

    guide = Path(__file__).parents[3] / "docs" / "pictures" / "mapping.svg"
    assert (tmp_path / "chip.svg").read_text() == guide.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "nowhere: "),
        (("--shape", "59x8"), "shape: 59 layers are outside 1..58; use fewer layers"),
        (("--shape", "1x4096", "--chip", "loihi1"), "layer1[0]: the 4,353 synapses of one neuron"),
        (("--limit", "cores=0"), "limit cores = 0 is outside 1..2**40; give another number"),
        (("--run", "nowhere.run"), "nowhere.run: not a readable run"),
        (("--prompt", ""), "the prompt is empty; give some text"),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], message: str) -> None:
    """Exit code 1."""
    assert error(call("map", *words)).startswith(message)


def test_foreign_run_is_refused(small: Path, tmp_path: Path) -> None:
    """Its spikes are of other neurons."""
    run = reference.run(tiny.network(), Replay(np.ones((3, 2), np.uint8)))
    path = tmp_path / "a.run"
    save_run(run, path)

    line = error(call("map", small, "--run", path))

    assert line == f"{path}: is the run of another network; record it again"


def test_prompt_needs_a_vocabulary(file: Path) -> None:
    """A network file has none."""
    line = error(call("map", file, "--prompt", "One day"))

    assert line == f"{file}: has no vocabulary; give a bundle, or --run instead"


def test_picture_replaces_nothing_that_is_read(file: Path) -> None:
    """Neither a network nor a bundle is drawn over."""
    before = file.read_bytes()

    line = error(call("map", file, "--picture", file))

    assert line == f"{file}: is what the run reads; give another --picture"
    assert before == file.read_bytes()


@pytest.mark.parametrize("place", ["gone/a.svg", ".", "/proc/a.svg", "/dev/null"])
def test_impossible_picture_is_named(tmp_path: Path, place: str) -> None:
    """With the option that chose it, before the work or after it."""
    line = error(call("map", "--shape", "1x8", "--picture", tmp_path / place))

    assert line.startswith(f"{tmp_path / place}: ")
    assert line.split("; ")[1].startswith(("give", "name a file with"))
    assert "--picture" in line


def test_no_picture_after_an_error(tmp_path: Path) -> None:
    """Nothing is written."""
    error(call("map", "--limit", "core_bytes=100", "--picture", tmp_path / "a.svg"))
    error(call("map", "--shape", "1x8", "--picture", tmp_path / "gone" / "a.svg"))

    assert everything(tmp_path) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("--chip", "loihi3"),
        ("--shape", "6"),
        ("--shape", "6x"),
        ("--limit", "cores"),
        ("--limit", "cores=-1"),
        ("--limit", "bytes=3"),
        ("--seed", "-1"),
        ("--shape", "1x8", "--prompt", "One day"),
        ("--run", "a", "--prompt", "One day"),
        ("--shape", "1x8", "a.net"),
    ],
)
def test_wrong_usage(words: tuple[str, ...]) -> None:
    """Exit code 2."""
    assert call("map", *words).exit_code == 2


def test_help_names_every_limit() -> None:
    """So that nobody has to run it first."""
    from realsam.mapping.memory import MEANINGS

    options = {p.name: getattr(p, "help", "") for p in command.params}

    assert all(name in options["limits"] for name in MEANINGS)
