"""`python -m realsam.cli`: the `realsam` command without an installation."""

from realsam.cli.main import main

main()
