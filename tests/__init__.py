"""The tests: `make test` runs them all, `.venv/bin/pytest tests/test_x.py` one file."""
