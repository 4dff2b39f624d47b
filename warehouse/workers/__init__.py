"""Statements run here: processes that read one snapshot, may do nothing else, and can be ended at any moment.

`pool` is the server's side; `child` is what a worker runs. A worker imports as little as it can: no more in here.
"""
