"""The semantic model in other people's formats, and theirs in ours: a list says what did not map, and why."""
