"""Who is promised to, and the catalogue of what this house sells."""
