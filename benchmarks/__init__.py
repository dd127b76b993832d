"""Speed against the machine's own limit in the same run: `make bench` or `python -m benchmarks [NAME ...]`."""
