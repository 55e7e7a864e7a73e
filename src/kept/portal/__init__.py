"""Door: the page of a client, by link. It knows the contact behind the link, and nobody else."""
