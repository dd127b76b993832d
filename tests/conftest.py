"""What all tests share: no deadlines (a slow machine is not a failure), and the same examples each time."""

from hypothesis import settings

settings.register_profile("himmel", deadline=None, derandomize=True, max_examples=30, print_blob=True)
settings.load_profile("himmel")
