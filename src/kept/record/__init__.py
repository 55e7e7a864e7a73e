"""What was said, against what was done: rates, and what they must never be shown without."""
