"""The ask desk: what somebody wants beyond, the four tests, and a person's decision."""
