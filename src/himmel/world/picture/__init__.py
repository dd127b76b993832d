"""The renderer: scenes as plain arrays in, pictures and masks out. Pure torch, the same code on processor
and GPU."""
