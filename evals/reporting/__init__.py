"""Reports of runs: counted with intervals, regressions first, as JSON, HTML and on the terminal."""
