class Problem(Exception):
    """Something is wrong with what is measured or with this machine; the text says what to do."""
