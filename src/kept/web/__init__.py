"""Door: pages in the browser."""
