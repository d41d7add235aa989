"""What visitors leave: forms, submissions, talking to a person, and the webhooks that are told."""
