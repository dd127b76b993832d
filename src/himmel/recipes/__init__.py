"""One function a run: what it trains, with which command, for how long, and what to expect."""
