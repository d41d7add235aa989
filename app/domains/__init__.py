"""Websites: which hosts belong to a service, and which chatbot answers where."""
