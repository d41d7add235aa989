"""How a chatbot looks, behaves and speaks on its owner's pages."""
