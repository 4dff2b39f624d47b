"""Writes the source files of a made-up health insurer whose stories are true in the data."""
