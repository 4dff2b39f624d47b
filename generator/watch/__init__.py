"""Companies that the Insight Scout is watched on: random incidents with a hidden truth, or a quiet year."""
