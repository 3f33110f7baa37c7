"""The measurement of a billion synapses, on fewer."""

from click.testing import CliRunner

from benchmarks import billion
from realsam.ir import from_network


def test_network_is_dense() -> None:
    """Every layer hears the input, all earlier layers and itself."""
    clock = from_network(billion.dense(3, 5))

    assert [len(layer.sources) for layer in clock.layers] == [2, 3, 4, 4]


def test_command_says_what_it_measured() -> None:
    """Synapses, cores and memory."""
    result = CliRunner().invoke(billion.main, ["--layers", "2", "--width", "30"])

    assert result.exit_code == 0, result.output
    assert "99,272 synapses\n" in result.output
    assert "1 cores, 1 chips\npeak memory" in result.output
