"""Without the report extra the tests of the page are left out."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("altair") and find_spec("vl_convert") else ["test_*.py"]
