"""Door: REST under /api/v1."""
