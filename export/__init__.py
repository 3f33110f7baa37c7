"""Networks to files and back: bundles, netx HDF5 and NIR."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from export.imported import Choices, from_nir, import_file

__all__ = ["Choices", "from_nir", "import_file"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from export import imported  # late: who reads a bundle needs neither nir nor the importer

    return getattr(imported, name)
