"""Search over what a semantic model knows: metrics, dimensions, values, verified questions.

It finds what was nearly meant. No plan depends on it: without its store only suggestions get poorer.
"""
