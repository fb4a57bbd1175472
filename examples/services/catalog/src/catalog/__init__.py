"""Articles, their prices and what is in stock."""
