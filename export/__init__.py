"""Networks to files and back: bundles, netx HDF5 and NIR."""

from export.imported import from_nir, import_file

__all__ = ["from_nir", "import_file"]
