"""Where a change comes from: exact shares by value, by pair of values, and by what a figure is made of."""
