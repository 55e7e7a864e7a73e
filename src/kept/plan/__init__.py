"""All that is on the team's plate: holds, and what the engine expects of each promise."""
