"""Bytes to text with locators, to chunks, to embeddings, to an index, to hits; knows neither web nor
database.
"""
