"""The pages: a view and its form together, one file a page."""
