"""The Insight Scout's statistics: which metric left its expectation, where, since when and at what cost."""
