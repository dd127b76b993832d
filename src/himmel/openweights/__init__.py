"""Large open weights in the layout of the diffusers library: what a folder can do, and one pass of its model."""

from himmel.openweights.abilities import Abilities, Usual
from himmel.openweights.folder import INDEX, Folder, is_open, read_folder
from himmel.openweights.shot import Shot

__all__ = ["INDEX", "Abilities", "Folder", "Shot", "Usual", "is_open", "read_folder"]
