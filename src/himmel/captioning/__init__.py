"""What a clip shows, in words: a small network that looks and then writes, word by word."""
