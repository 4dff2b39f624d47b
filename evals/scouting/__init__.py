"""How the Insight Scout is measured: watched companies, what it found in them, and what was there to find."""
