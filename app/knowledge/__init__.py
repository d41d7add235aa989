"""Knowledge: accept a source, read it into chunks, publish a generation, keep both true after any crash."""
