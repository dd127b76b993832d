"""The synthetic world: seeded scenes with exact facts, and the pictures of them."""
