"""Files in: reading, preview, acceptance and undoing of other tools' data."""
