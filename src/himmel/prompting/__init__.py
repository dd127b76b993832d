"""Every way of prompting with media, one small file each: lengths and times in, a Plan out. No tensors, no model."""

from himmel.prompting.animate import animate
from himmel.prompting.connect import connect
from himmel.prompting.edit import edit
from himmel.prompting.extend import extend
from himmel.prompting.fill import fill
from himmel.prompting.loop import loop, looped

__all__ = ["animate", "connect", "edit", "extend", "fill", "loop", "looped"]
