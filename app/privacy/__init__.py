"""How long chats are kept, which are kept for the law, and how they are erased."""
