"""The daily briefing: what became of each incident, said in words whose every figure is bound, for each reader."""
