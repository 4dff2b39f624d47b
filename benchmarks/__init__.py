"""Measured comparisons, each runnable: `make bench`. Figures are printed as ratios from one run."""
