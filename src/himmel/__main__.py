"""``python -m himmel`` is the command ``himmel``."""

from himmel.cli import main

if __name__ == "__main__":
    main()
