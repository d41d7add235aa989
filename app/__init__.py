"""The web application: wiring at the top, one folder per capability below."""
