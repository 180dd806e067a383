"""Serves one Python function over HTTP; started with ``python -P -m faaso_shim``."""
