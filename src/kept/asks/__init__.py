"""What a client wants beyond what was promised: the ask desk, its rules, and what came of it."""
