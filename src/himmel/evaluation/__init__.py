"""Judges and metrics on clips, never on model internals: what a network inside does is not this room's
business.

Frames are uint8 [T, H, W, 3], sRGB, everywhere in this room.
"""
