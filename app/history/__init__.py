"""History: what visitors asked and what they were told, written before it is shown, readable for ever after."""
