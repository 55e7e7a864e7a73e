"""The resources of the API, each with what it shows, what it takes, and its operations."""
