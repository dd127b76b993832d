"""One file a family: each turns chances into a shot with exact facts."""
