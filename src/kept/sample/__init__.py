"""A sample house to look around in: made through the same doors as any other."""
