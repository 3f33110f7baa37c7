"""netx HDF5, the complete carrier of a Network: `from_netx(to_netx(n)) == n`."""

from export.netx.foreign import Options
from export.netx.layout import reasons, require_plain
from export.netx.read import from_netx
from export.netx.write import to_netx

__all__ = ["Options", "from_netx", "reasons", "require_plain", "to_netx"]
