"""Learning from chats: which questions found no good answer, what was done about it, and whether that helped."""
