"""kept: can we promise this, by when, and who pays for that yes?"""

__version__ = "0.1.0.dev0"
