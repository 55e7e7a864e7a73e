"""Files in: read, looked at, accepted, undone."""
