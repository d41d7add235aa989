"""Whether an installation as a whole is well: what is looked at, what is said of it, what is mended."""
