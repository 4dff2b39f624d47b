"""The Insight Scout's statistics: which metric left its expectation, where, since when, by how much, at what cost."""
