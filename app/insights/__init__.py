"""Insights: what happened at chatbots, counted into rollups by a job, and drawn from them alone."""
