"""What markers and specifiers mean: two spellings of the same condition are the same."""
