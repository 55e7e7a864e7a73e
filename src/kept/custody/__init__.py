"""Custody: what was written is what is there; rebuilding, erasing."""
