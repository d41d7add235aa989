"""Taking history away: as a table for people, as lines for programs, as a job for what is large, by the clock, and back
again from another installation.
"""
