"""The `realsam` command line."""
