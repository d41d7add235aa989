"""DRAFT: answering."""
