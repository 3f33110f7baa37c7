"""Bundles: the folder that `realsam export` writes and every command reads.

manifest.json       format number, hashes, provenance, results
network.net         the network as netx HDF5, and/or
network.nir         the network as NIR
host.safetensors    code table, decoder, output bias
tokenizer.json      the vocabulary
record.safetensors  the training module's own spikes on the probe text
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

import realsam
from export.netx import from_netx, to_netx
from realsam import files
from realsam.errors import BundleError, ExportError
from realsam.files import sha256_of
from realsam.ir import Host, Network, Run, load_run, save_run
from realsam.vocab import Vocabulary, load_vocabulary

if TYPE_CHECKING:
    from export.nir import Profile


def _from_nir(path: Path) -> Network:
    from export.nir import from_nir  # late: most bundles have netx, too, which is read first

    return from_nir(path)


FORMAT = 1
MANIFEST, TOKENIZER = "manifest.json", "tokenizer.json"
HOST, RECORD = "host.safetensors", "record.safetensors"
NETX, NIR = "network.net", "network.nir"
READERS: Mapping[str, Callable[[Path], Network]] = {NETX: from_netx, NIR: _from_nir}
_MODELS = Path(realsam.__file__).parent / "models"
SHIPPED = _MODELS / "tinystories-6x512"  # writes stories
TALKS = _MODELS / "talks-6x512"  # talks
_PIECE = 1 << 18  # bytes read at a time: a file is never in memory as a whole
_CURE = "export it again, or restore the folder"
_OTHERS = ("holds a tagger, no language model", "holds a language model, no tagger")
_USES = ("find entities with `realsam ner tag`", "name a bundle that `realsam ner train` wrote")


@dataclass(frozen=True, eq=False)
class Bundle:
    """A deployable language model or tagger."""

    path: Path
    network: Network
    host: Host
    vocabulary: Vocabulary
    record: Run  # what the training module itself did on the probe text
    manifest: dict[str, Any]

    @property
    def network_files(self) -> list[str]:
        """Names of the files that hold the network."""
        return [name for name in READERS if name in self.manifest["files"]]


def load_bundle(path: Path | None = None, tagger: bool | None = False) -> Bundle:
    """Read a bundle, the shipped model by default.

    Args:
        path: its folder.
        tagger: whether it must be a tagger, or a language model; None: either of them.

    Raises:
        BundleError: if a file is missing, damaged, or belongs to another bundle, or if it is not
            what it must be.
    """
    path = path or SHIPPED
    manifest = _load_manifest(path)
    for name in (HOST, TOKENIZER, RECORD):
        if name not in manifest["files"]:
            raise BundleError(f"{path / MANIFEST}: does not list {name}", _CURE)
    for name, expected in manifest["files"].items():
        _check_file(path / name, expected)
    network_file = next((n for n in READERS if n in manifest["files"]), None)
    if network_file is None:
        raise BundleError(f"{path}: no network in it", _CURE)
    network = READERS[network_file](path / network_file)
    if network.digest != manifest["network"]:
        raise BundleError(
            f"{path / network_file}: holds another network than the manifest says", _CURE
        )
    host = _load_host(path / HOST)
    if tagger is not None and tagger != bool(host.tags):
        raise BundleError(f"{path}: {_OTHERS[tagger]}", _USES[tagger])
    vocabulary = load_vocabulary(path / TOKENIZER)
    _check_host(path, network, host, vocabulary)
    record = load_run(path / RECORD)
    if record.network != network.digest or record.digests() != manifest["probe"]["digests"]:
        raise BundleError(f"{path / RECORD}: is the record of another network", _CURE)
    return Bundle(path, network, host, vocabulary, record, manifest)


def _load_manifest(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise BundleError(f"{path}: no bundle there", "give a folder that `realsam export` wrote")
    runs = (path / "checkpoint", path / "checkpoint.pt")
    if not (path / MANIFEST).exists() and any(run.exists() for run in runs):
        raise BundleError(f"{path}: is a training run", "export it and name its bundle folder")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("kind") == "network":
            raise BundleError(
                f"{path}: holds an imported network, no language model",
                "play it with `realsam run`",
            )
        version = manifest["format"]
        if version == FORMAT:
            _ = manifest["files"].items(), manifest["network"]
            _ = str(manifest["probe"]["text"]), float(manifest["probe"]["nats_per_token"])
            _ = dict(manifest["probe"]["digests"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{path / MANIFEST}: missing or damaged ({error})", _CURE) from error
    if version != FORMAT:
        raise BundleError(
            f"{path}: bundle format {version} is not {FORMAT}",
            "export it again with this version of realsam",
        )
    return dict(manifest)


def _check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise BundleError(f"{path}: missing", _CURE)
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    if digest.hexdigest() != expected:
        raise BundleError(f"{path}: damaged, its SHA-256 is not the manifest's", _CURE)


def _check_host(path: Path, network: Network, host: Host, vocabulary: Vocabulary) -> None:
    expected = (network.input.size, network.sizes[network.readout])
    found = (host.code.shape[1], host.decode.shape[1])
    if found != expected or host.vocab_size != vocabulary.size:
        raise BundleError(
            f"{path}: host {found} with {host.vocab_size} tokens does not fit the "
            f"network {expected} and {vocabulary.size} tokens",
            _CURE,
        )


def save_bundle(
    folder: Path,
    network: Network,
    host: Host,
    vocabulary: Vocabulary,
    record: Run,
    formats: tuple[str, ...],
    profile: "Profile",
    about: dict[str, Any],
    prove: Callable[[Path], None],
) -> None:
    """Write a bundle; the folder appears whole and proven, or not at all.

    Args:
        folder: where it goes; an older bundle there is replaced, other files in it stay.
        network: what runs on the chip.
        host: what runs beside it.
        vocabulary: text to tokens.
        record: the training module's own run on the probe text.
        formats: any of "netx" and "nir".
        profile: of the NIR file, see `export.nir`.
        about: what the manifest says besides files and hashes.
        prove: checks the finished folder before it takes its place; raises if it must not.

    Raises:
        ExportError: if there is something else than a bundle at the folder's place.
    """
    folder = folder.resolve()
    refuse_foreign(folder)
    with replacing_folder(folder) as partial:
        if "netx" in formats:
            to_netx(network, partial / NETX)
        if "nir" in formats:
            from export.nir import to_nir

            to_nir(network, partial / NIR, profile)
        _save_host(host, partial / HOST)
        (partial / TOKENIZER).write_text(vocabulary.to_json(), encoding="utf-8")
        save_run(record, partial / RECORD)
        files = {p.name: sha256_of(p) for p in sorted(partial.iterdir())}
        manifest = {
            "format": FORMAT,
            "network": network.digest,
            "files": files,
            **about,
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for path in partial.iterdir():
            path.chmod(0o644)  # safetensors keeps its files to their owner
        prove(partial)
        _keep_others(folder, partial)


def refuse_foreign(folder: Path) -> None:
    """Leave a folder alone that is no bundle.

    Raises:
        ExportError: if there is something else than a bundle at its place.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        _load_manifest(folder)
    except BundleError as error:
        raise ExportError(f"{folder}: exists and is no bundle", "give another --out") from error


def _keep_others(folder: Path, partial: Path) -> None:
    """Take files that are not ours, such as a model card, along into the new folder."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.name in {MANIFEST, TOKENIZER, HOST, RECORD, *READERS}:
            continue
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, partial / path.name)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write to; it takes the place of `folder` if the block ends well.

    Raises:
        ExportError: if there is no room for it.
    """
    try:
        with files.replacing_folder(folder) as partial:
            yield partial
    except OSError as error:
        raise ExportError(
            f"{folder}: cannot be written ({error.strerror})", "give another --out"
        ) from error


def _save_host(host: Host, path: Path) -> None:
    tensors: dict[str, Any] = {
        "code": np.packbits(host.code, axis=1),
        "decode": host.decode,
        "bias": host.bias,
    }
    plain = {
        "lines": host.code.shape[1],
        "nats_per_logit": host.nats_per_logit,
        "end_of_text": host.end_of_text,
    }
    if host.tags:
        plain |= {"tags": host.tags, "delay": host.delay}
    save_file(tensors, path, {"realsam": json.dumps(plain)})


def _load_host(path: Path) -> Host:
    try:
        with safe_open(path, "np") as file:
            plain = json.loads(file.metadata()["realsam"])
            code = np.unpackbits(file.get_tensor("code"), axis=1, count=plain["lines"])
            return Host(
                code,
                file.get_tensor("decode"),
                file.get_tensor("bias"),
                plain["nats_per_logit"],
                plain["end_of_text"],
                tuple(map(str, plain.get("tags", ()))),
                int(plain.get("delay", 0)),
            )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: not a readable host ({error})", _CURE) from error
