"""Benchmarks beside their peers: see `__main__.py`."""
