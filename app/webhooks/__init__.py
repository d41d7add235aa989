"""Telling owners' own systems what happens in their chatbots: announced as rows, signed, sent by jobs, tried again."""
